"""What the bench lets gunicorn serve: the app, and below /yardstick a bare Flask page of 50 rows."""

import datetime as dt

from flask import Flask, render_template_string
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from webapp import create_app

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Yardstick</title></head>
<body><h1>Yardstick</h1>
<table>{% for row in rows %}
<tr><td>{{ row.number }}</td><td><a href="/rows/{{ row.number }}">{{ row.name }}</a></td><td>{{ row.email }}</td>
<td>{{ row.begun.strftime("%d %B %Y, %H:%M") }}</td><td>{{ row.ended.strftime("%d %B %Y, %H:%M") }}</td></tr>
{% endfor %}</table></body></html>"""

bare = Flask("yardstick")
_START = dt.datetime(2026, 5, 1, 18, tzinfo=dt.UTC)
ROWS = [
    {
        "number": number,
        "name": f"Somebody with a name of usual length {number}",
        "email": f"somebody.{number}@example.org",
        "begun": _START + dt.timedelta(hours=number),
        "ended": _START + dt.timedelta(hours=number + 3),
    }
    for number in range(50)
]


@bare.get("/")
def rows() -> str:
    """Show 50 rows, each with two dates: about 10 KB."""
    return render_template_string(PAGE, rows=ROWS)


app = create_app()
app.wsgi_app = DispatcherMiddleware(app.wsgi_app, {"/yardstick": bare})  # type: ignore[method-assign]
