"""The WSGI entry: `gunicorn wsgi:app`, `flask --app wsgi`."""

from webapp import create_app
from webapp.config import SettingError

try:
    app = create_app()
except SettingError as error:
    message = f"Folkmoot does not start: {error}"
    raise SystemExit(message) from None
