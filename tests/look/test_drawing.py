"""What the server draws stays the same for ever, and says only what it was given."""

import hashlib
import re
import uuid
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webapp.web.drawing.avatars import DYES, avatar, dye, initials
from webapp.web.drawing.bars import bar, chart, threshold
from webapp.web.drawing.covers import KINDS, PALETTES, Canvas, Dice, cover, face
from webapp.web.drawing.qr import qr
from webapp.web.drawing.ring import MOST_SEATS, ring
from webapp.web.drawing.strips import COLOURS, strip


def events(count: int) -> list[uuid.UUID]:
    """Return as many UUIDs, always the same."""
    return [uuid.UUID(bytes=hashlib.sha256(str(n).encode()).digest()[:16], version=4) for n in range(count)]


def one_of_each_kind() -> dict[str, uuid.UUID]:
    found: dict[str, uuid.UUID] = {}
    for event in events(200):
        found.setdefault(face(event)[0], event)
    return found


GOLDEN = {
    "quilt": ("6b86b273-ff34-4ce1-9d6b-804eff5a3f57", "39805e6d4710b27a13cc"),
    "weave": ("7902699b-e42c-4a8e-86fb-bb4501726517", "a6da09994263f3e0257e"),
    "stitch": ("ef2d127d-e37b-442b-aad0-6145e54b0c61", "c11cf298e11f6cfd7bff"),
    "scale": ("535fa30d-7e25-4d8a-89f1-536779734ec8", "3fa31dc02658cae16a59"),
    "arcs": ("4e074085-62be-4b8b-a0ce-05c1decfe3ad", "4942408648912e7af949"),
    "kilim": ("5feceb66-ffc8-4f38-9952-786c6d696c79", "37f618a0815f0ed169ff"),
    "band": ("e7f6c011-776e-4db7-8d33-0b54174fd76f", "8981015b651e9cf6867b"),
    "petal": ("2c624232-cdd2-4177-9294-dfbb310aca00", "6444e9afda27966cff8b"),
    "rays": ("4523540f-1504-4d17-900c-4835e85b7eef", "29059166fcfa9d7c8b5f"),
    "chevron": ("b17ef6d1-9c7a-4b1e-a83b-907c595526dc", "c6494170f4e7ee412271"),
    "bunting": ("785f3ec7-eb32-430b-90cd-0fcf3657d388", "351202a13b52fea49944"),
    "hill": ("3fdba35f-04dc-4c46-a986-c992bcf87554", "84ce495796f220c09dda"),
}

LARGEST_COVER = 8_000


def test_dice_roll_the_published_numbers_of_splitmix64():
    dice = Dice.__new__(Dice)
    dice._state = 1234567
    assert [dice.roll() for _ in range(3)] == [6457827717110365317, 3203168211198807973, 9817491932198370423]


def test_each_kind_of_cover_is_drawn_byte_for_byte_as_before():
    drawn = {
        kind: (str(event), hashlib.sha256(cover(event).encode()).hexdigest()[:20])
        for kind, event in one_of_each_kind().items()
    }
    assert drawn == GOLDEN


def test_every_kind_in_every_palette_is_small_and_well_formed():
    for kind, draw in KINDS.items():
        for seed in range(12):
            canvas = Canvas()
            draw(Dice(seed), canvas)
            markup = canvas.markup()
            ET.fromstring(f"<svg>{markup}</svg>")  # noqa: S314 - our own drawing
            assert 400 < len(markup) < LARGEST_COVER, kind
            assert "style" not in markup
            assert set(re.findall(r'class="(\w+)"', markup)) <= {f"{way}{n}" for way in "ds" for n in range(4)}


def test_covers_take_their_kind_and_palette_evenly_from_the_event():
    faces = [face(event)[:2] for event in events(2400)]
    kinds = [kind for kind, _palette in faces]
    palettes = [palette for _kind, palette in faces]
    assert {kind: kinds.count(kind) > 130 for kind in KINDS} == dict.fromkeys(KINDS, True)
    assert {palette: palettes.count(palette) > 220 for palette in PALETTES} == dict.fromkeys(PALETTES, True)


def test_events_made_in_the_same_moment_look_different():
    start = 0x0199A3B27C417D9E << 64 | 0x8 << 60
    assert len({cover(uuid.UUID(int=start + n)) for n in range(50)}) >= 48


def test_a_cover_refuses_what_is_no_event():
    with pytest.raises(ValueError, match="UUID"):
        cover("../../etc/passwd")


def test_the_strip_of_an_email_has_the_colours_of_the_cover():
    for event in events(40):
        colours = set(re.findall(r'<td height="16" bgcolor="(#\w{6})">', strip(event)))
        assert 2 <= len(colours) <= 3
        assert colours <= set(COLOURS[face(event)[1]])


@given(st.integers(0, 400), st.integers(1, 400))
@settings(deadline=None, max_examples=80)
def test_a_ring_has_a_seat_for_everybody_up_to_the_most_that_fit(taken, total):
    svg = ring(min(taken, total), total)
    filled, free = (d.count("M") for d in re.findall(r' d="([^"]*)"', svg))
    assert filled + free == min(total, MOST_SEATS)
    if total <= MOST_SEATS:
        assert filled == min(taken, total)
    assert (filled > 0) == (taken > 0)
    assert (free > 0) == (taken < total)


def test_a_ring_without_a_limit_is_full_of_those_who_come():
    assert ring(3, None) == ring(3, 3)
    assert ring(0, None).count("ring__open") == 1


def test_a_bar_is_mirrored_for_those_who_read_from_the_right():
    assert 'x="0" y="50%" width="25%"' in bar(1, 4)
    assert 'x="75%" y="50%" width="25%"' in bar(1, 4, rtl=True)
    assert 'x1="60%"' in bar(1, 4, 60)
    assert 'x1="40%"' in bar(1, 4, 60, rtl=True)
    assert 'width="0%"' in bar(1, 0).replace('width="0" ', 'width="0%" ')


def test_a_threshold_near_an_end_keeps_its_words_inside():
    assert 'text-anchor="start"' in threshold(0, "0 %")
    assert 'text-anchor="middle"' in threshold(60, "60 %")
    assert 'text-anchor="end"' in threshold(100, "100 %")
    assert "&lt;b&gt;" in threshold(60, "<b>")


def test_a_chart_reaches_from_its_base_to_a_round_number():
    svg = chart([("Monday", 62, 19)], "Answers")
    assert re.findall(r">(\d+)</text>", svg) == ["30", "60", "90"]
    assert 'height="68.89%"' in svg
    assert chart([], "Nothing yet").count("<rect") == 0


def test_a_chart_escapes_its_label():
    assert "<script>" not in chart([("x", 1, 1)], '"><script>')


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Þórdís Jónsdóttir", "ÞJ"),
        ("Nguyễn Thị Minh Anh", "NA"),
        ("ليلى حداد", "لح"),
        ("ნინო ბერიძე", "ნბ"),
        ("cher", "C"),
        ("ßtraße", "ß"),
        ("  ", ""),
        ("42 !", ""),
        ("<b>", ""),
    ],
)
def test_initials_are_of_the_first_and_the_last_name(name, letters):
    assert initials(name) == letters


def test_an_avatar_keeps_its_dye_and_escapes_its_letters():
    assert dye("7") == dye("7")
    assert {dye(str(n)) for n in range(200)} == set(DYES)
    assert avatar("Ana Novak", 7) == avatar("Ana Novak", "7")
    assert 'class="avatar avatar--l"' in avatar(None, 7, "l")
    assert "<svg" in avatar("", 7)


def test_a_qr_code_is_dark_on_white_and_named():
    svg = qr("https://example.org/<&>", 'a "door"')
    assert 'aria-label="a &#34;door&#34;"' in svg
    assert svg.index("qr__ground") < svg.index("qr__ink")
    ET.fromstring(svg)  # noqa: S314 - our own drawing
