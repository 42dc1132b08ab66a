"""Small words for SVG paths: numbers as short as they can be, circles, boxes, polygons."""

from collections.abc import Iterable

Point = tuple[float, float]


def number(value: float, digits: int = 1) -> str:
    """Return a coordinate with at most `digits` decimals and no needless zeros: "12", "3.5", ".5", "-.5"."""
    text = f"{value:.{digits}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    if text in {"-0", ""}:
        return "0"
    if text.startswith("0."):
        return text[1:]
    return "-" + text[2:] if text.startswith("-0.") else text


def box(x: float, y: float, width: float, height: float) -> str:
    """Return the path of a rectangle."""
    return f"M{number(x)} {number(y)}h{number(width)}v{number(height)}h{number(-width)}z"


def circle(x: float, y: float, radius: float, digits: int = 1) -> str:
    """Return the path of a circle around a point."""
    r, d = number(radius, digits), number(2 * radius, digits)
    return f"M{number(x - radius, digits)} {number(y, digits)}a{r} {r} 0 1 0 {d} 0a{r} {r} 0 1 0-{d} 0z"


def polygon(points: Iterable[Point]) -> str:
    """Return the path of a closed polygon."""
    corners = " ".join(f"{number(x)} {number(y)}" for x, y in points)
    return f"M{corners}z"
