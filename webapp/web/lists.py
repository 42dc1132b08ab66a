"""Lists of the JSON face: pages by cursor, with how many there are in all."""

import re
from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeVar

from flask_babel import lazy_gettext as _l
from pydantic import BaseModel, BeforeValidator, Field
from sqlalchemy import ColumnElement, Select, func, select

from webapp.core.database import db
from webapp.core.errors import InputError
from webapp.core.schema import Line, Schema, refuse
from webapp.web.endpoints import Listing
from webapp.web.pagination import Key, decode, paged, window

Row = TypeVar("Row")
Narrow = Callable[[Select[Any], Sequence[Any]], Select[Any]]


_DIGITS = re.compile("0|[1-9][0-9]{0,8}")


def _digits(value: Any) -> Any:
    if isinstance(value, str) and not _DIGITS.fullmatch(value):
        raise refuse(_l("Please give a whole number."))
    return value


class ListQuery(Schema):
    """Which page of a list: `cursor` is `meta.next` of the page before."""

    cursor: Annotated[str | None, Field(max_length=4096)] = None
    limit: Annotated[int, BeforeValidator(_digits), Field(ge=1, le=200)] = 50


class SearchQuery(ListQuery):
    """Which page of a list that can be searched."""

    search: Annotated[Line, Field(max_length=200)] = ""


def listing(
    statement: Select[Any] | Callable[[Narrow], Select[Any]],
    columns: Sequence[ColumnElement[Any] | Any],
    query: ListQuery,
    *,
    key: Callable[[Row], Key],
    types: tuple[type, ...],
    sealed: str = "",
    show: Callable[[Row], BaseModel],
    fetch: Callable[[Select[Any]], Sequence[Row]] | None = None,
    count: int | None = None,
    descending: bool = False,
) -> Listing:
    """Return the page of `statement` that `query` asks for, in the order of `columns` (whose values `key` reads).

    A list of several parts is given as what makes a page of them, which narrows each, and with its `count`.

    `types`: of the columns. `sealed`: the list's own word, where a cursor must not tell what stands in them. `show`:
    what goes out for a row. `fetch`: how the rows are read, with what they need. `count`: how many there are in all,
    where that is known. Raises InputError for a cursor that is none of ours.
    """
    cursor = decode(query.cursor, types, sealed)
    if query.cursor and cursor is None:
        raise InputError(fields={"cursor": _l("This is no cursor of this list.")})

    def narrow(whole: Select[Any], order: Sequence[Any]) -> Select[Any]:
        return window(whole, order, cursor, size=query.limit, descending=descending)

    asked = narrow(statement, columns) if isinstance(statement, Select) else statement(narrow)
    if count is None and isinstance(statement, Select):
        count = db.session.scalar(select(func.count()).select_from(statement.order_by(None).subquery())) or 0
    rows = fetch(asked) if fetch is not None else db.session.scalars(asked).all()
    page = paged(rows, cursor, key, size=query.limit, address=str, sealed=sealed)
    return Listing([show(row) for row in page.items], count=count or 0, next=page.next_cursor)
