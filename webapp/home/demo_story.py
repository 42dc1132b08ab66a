"""The example company's story: who there is, and what they meet for."""

import dataclasses

COMPANIES = (
    ("pod-lipo", "Zadruga Pod lipo", None),
    ("kuhinja", "Kuhinja Pod lipo", "pod-lipo"),
    ("kolesarnica", "Kolesarnica", "pod-lipo"),
)
# (e-mail before @, name, surname, {company: role})
PEOPLE: tuple[tuple[str, str, str, dict[str, str]], ...] = (
    ("neza", "Neža", "Žagar", {"pod-lipo": "owner"}),
    ("maja", "Maja", "Črnigoj", {"pod-lipo": "administrator"}),
    ("dorde", "Đorđe", "Petrović", {"kuhinja": "organiser"}),
    ("lukasz", "Łukasz", "Wójcik", {"kolesarnica": "owner"}),
    ("ana", "Ana", "Šušteršič", {"pod-lipo": "doorkeeper"}),
    ("thordis", "Þórdís", "Jónsdóttir", {}),
)
FIRST = (
    "Anže", "Zala", "Jure", "Olena", "Nino", "Leila", "Seán", "Eleni", "Minh Anh", "Ivanna", "Maximiliane", "Tomaž",
    "Špela", "Žiga", "Aino", "Kofi", "Yasmin", "Rui", "Chiara", "Émile", "Björk", "Oskar", "Irena", "Miha", "Katarina",
    "Samir", "Noor", "Hana", "Václav", "Agnieszka", "Darius", "Inés", "Tereza", "Luka", "Petra", "Gašper",
)  # fmt: skip
LAST = (
    "Kočevar", "Haddad", "Kovalenko", "Beridze", "Ó Conghaile", "Papadopoulou", "Nguyễn", "Novak", "Zupančič",
    "Virtanen", "Mensah", "Rahimi", "Ferreira", "Bianchi", "Dubois", "Nordström", "Horvat", "Kranjc", "Dvořák", "Mazur",
    "Petrauskas", "García", "Svobodová", "Golob", "Hribar", "Bizjak", "Oblak", "Lindqvist", "Park",
)  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Tale:
    """One event of the story: `days` from now it starts at `hour` local time; `guests` stand on its list."""

    company: str
    host: str
    title: str
    place: str
    description: str
    days: int
    hour: int
    hours: int
    guests: int
    lead: int = 12
    """So many days before it (or before today) it was published."""
    warmth: int = 7
    """One in so many of the invited does not open, and one in about so many of those who said yes does not come."""
    capacity: int | None = None
    state: str = "published"
    visibility: str = "public"
    timezone: str = "Europe/Ljubljana"
    reward: int = 0
    project: str = "General"
    questions: tuple[tuple[str, tuple[str, ...]], ...] = ()
    agreed: float = 0.0
    """How strongly those who voted lean to the first answer; 0: nobody has voted yet."""
    min_votes: int = 1
    min_turnout: str = "0"
    secrecy: str = "secret"


TALES = (
    Tale("pod-lipo", "neza", "Žive meje: an evening on who mows, who plants and who decides about the commons",
         "Stara mestna elektrarna, Slomškova ulica 18, Ljubljana",
         "The hedges between Trubarjeva and the river have grown without anyone deciding about them. Some of us love "
         "the hedgehogs; some of us can no longer see the tram coming. *Tonight we look at it.*\n\nWe begin with soup "
         "(vegan, Đorđe cooks) and twenty minutes of pictures. Then two questions, an hour of talk in groups of eight, "
         "and your ballots.\n\n- Bring a jacket: the hall keeps its own weather.\n- Children are welcome until eight.",
         3, 18, 4, 60, lead=9, capacity=64, reward=120, min_votes=12, min_turnout="1/4",
         questions=(("When should the common meadow be mown next year?",
                     ("In strips, all summer", "Once, in late September", "Twice, June and September", "Not at all")),
                    ("What may grow beside the tram stop?",
                     ("Perennials below knee height", "A low hornbeam hedge, cut to 80 cm", "Gravel and one linden"))),
         agreed=0.6),
    Tale("pod-lipo", "maja", "A harvest supper in the yard", "Dvorišče Trubarjeva 50, Ljubljana",
         "What the gardens gave, on one long table. Bring a plate and a story.", 6, 19, 4, 40, lead=17, capacity=30),
    Tale("kolesarnica", "lukasz", "The Yule quiz of the bicycle kitchen", "Kolesarnica, Metelkova 6, Ljubljana",
         "Forty questions, some of them about bicycles.", 27, 20, 3, 30, lead=24, capacity=40, visibility="invited"),
    Tale("kuhinja", "dorde", "Adventno petje: a winter choir on the Ljubljanica, from the Three Bridges to Špica",
         "Tromostovje, Ljubljana", "Warm voices, warm drinks. No rehearsal needed.", 15, 17, 2, 35, lead=11),
    Tale("kolesarnica", "lukasz", "Repair café: bicycles, radios and one stubborn accordion",
         "Pekarna Magdalenske mreže, Maribor", "Bring what is broken. We have tools, tea and patience.", 21, 10, 6, 20,
         lead=33, capacity=12, visibility="unlisted"),
    Tale("pod-lipo", "neza", "Annual moot of Zadruga Pod lipo", "Pritličje, Mestni trg 2, Ljubljana",
         "Accounts, plans, and who keeps the keys next year.", 54, 18, 3, 0, state="draft", visibility="invited",
         questions=(("Do we accept the accounts of this year?", ("Yes", "No")),), min_turnout="1/2"),
    Tale("kuhinja", "dorde", "Sourdough for beginners", "Kuhinja Pod lipo, Ljubljana", "Cancelled: the oven is ill.",
         9, 16, 3, 12, capacity=12, state="cancelled"),
    Tale("pod-lipo", "neza", "Autumn moot: how we heat the hall", "Stara mestna elektrarna, Ljubljana",
         "Three offers on the table, one winter ahead.", -20, 18, 3, 30, lead=19, capacity=40, reward=100, min_votes=8,
         min_turnout="1/3",
         questions=(("How do we heat the hall?", ("Heat pump", "Pellets", "Jackets")),), agreed=0.8),
    Tale("kuhinja", "dorde", "Soup night", "Kuhinja Pod lipo, Ljubljana", "Five pots, one ladle.",
         -33, 18, 3, 25, lead=28),
    Tale("kolesarnica", "lukasz", "Night ride to Zalog", "Kolesarnica, Metelkova 6, Ljubljana",
         "Lights on. Twenty kilometres, slowly.", -11, 20, 3, 18, lead=40, visibility="unlisted",
         questions=(("Where do we ride next?", ("Zalog again", "Vrhnika", "Medvode")),), agreed=0.34, secrecy="open"),
    Tale("pod-lipo", "maja", "Spring cleaning of the commons", "Trubarjeva, Ljubljana", "Gloves are there.",
         -170, 9, 4, 20, warmth=3),
    Tale("pod-lipo", "neza", "Film in the yard: The Gleaners and I", "Dvorišče Trubarjeva 50, Ljubljana",
         "Blankets, and a projector that works.", -95, 21, 3, 10, capacity=50),
)  # fmt: skip
