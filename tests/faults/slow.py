"""The app with one page more, which takes as long as a test wants: it waits for a file to appear."""

import pathlib
import threading

from flask import Flask

from webapp import create_app
from webapp.web.access import public

app: Flask = create_app()


@app.get("/slow")
@public
def slow() -> str:
    begun = pathlib.Path(app.instance_path) / "begun"
    go_on = pathlib.Path(app.instance_path) / "go_on"
    begun.touch()
    pause = threading.Event()
    while not go_on.exists():
        pause.wait(0.02)
    return "done at leisure"
