"""Django settings. Everything a shop may change comes from ``REGULARS_*`` variables; all state lives under one folder.

REGULARS_DATA_DIR      folder of all state (default ``var``)
REGULARS_DATABASE_URL  ``postgresql://user:password@host:port/name``; without it SQLite under the data folder
REGULARS_SECRET_KEY    signing key; without it one is made once and kept in the data folder
REGULARS_HOSTS         comma-separated host names that are answered (default: loopback only)
REGULARS_HTTPS         ``1`` where the console is served over HTTPS: secure cookies and HSTS
REGULARS_EMAIL_URL     ``smtp://user:password@host:port``, ``smtps://`` for TLS from the start
                       (default: mails are written to ``mail/`` in the data folder)
REGULARS_EMAIL_FROM    sender of mails (default ``regulars@localhost``)
REGULARS_WORKERS       background workers that ``serve`` starts (default 1)
REGULARS_MEMORY_MB     memory a refresh may use for its queries before it spills to disk (default 192)
"""

import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from regulars.storage.databases import database_from_url

# The database and everything beside it is about people: nobody else on the machine reads it, whoever made the process.
os.umask(0o077)
DATA_DIR = Path(os.environ.get("REGULARS_DATA_DIR", "var")).resolve()
PACKAGE_DIR = Path(__file__).resolve().parent.parent


def _secret_key() -> str:
    if given := os.environ.get("REGULARS_SECRET_KEY"):
        return given
    try:
        DATA_DIR.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise ImproperlyConfigured(f"{DATA_DIR} is a file: name a folder for the data.") from None
    path = DATA_DIR / "secret-key"
    try:
        made = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        pass
    else:
        _write_key(made, path)
    if not (key := path.read_text()):
        raise ImproperlyConfigured(f"{path} is empty: delete it, or set REGULARS_SECRET_KEY.")
    return key


def _write_key(descriptor: int, path: Path) -> None:
    try:
        with open(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48))
    except OSError:
        path.unlink()
        raise


def _flag(name: str) -> bool:
    return os.environ.get(name, "") in {"1", "true", "yes", "on"}


def _number(name: str, default: int) -> int:
    given = os.environ.get(name) or str(default)
    if not given.isdecimal():
        raise ImproperlyConfigured(f"{name} must be a whole number, not {given!r}.")
    return int(given)


def _database() -> dict[str, Any]:
    try:
        return database_from_url(os.environ.get("REGULARS_DATABASE_URL"), DATA_DIR / "regulars.sqlite3")
    except ValueError as error:
        raise ImproperlyConfigured(f"REGULARS_DATABASE_URL: {error}") from None


HTTPS = _flag("REGULARS_HTTPS")
SECRET_KEY = _secret_key()
DEBUG = False
ALLOWED_HOSTS = [h for h in os.environ.get("REGULARS_HOSTS", "localhost,127.0.0.1,[::1]").split(",") if h]

DATABASES = {"default": _database()}
# What allauth counts (failed sign-ins, codes used) holds for all web processes; culling must not forget a guesser.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "shop_cache",
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    },
    "process": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Ours first: their templates and translations win over those of the libraries.
INSTALLED_APPS = [
    "regulars.web",
    "regulars.ledger",
    "regulars.shop",
    "regulars.customers",
    "regulars.catalog",
    "regulars.orders",
    "regulars.membership",
    "regulars.promotions",
    "regulars.insights",
    "regulars.connectors",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_cotton",
    "django_htmx",
    "django_tables2",
    "django_filters",
    "crispy_forms",
    "crispy_bootstrap5",
    "lucide",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "django_tasks_db",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "regulars.web.api_gate.ApiMiddleware",
    "regulars.web.policy.ContentPolicyMiddleware",
    "regulars.web.plain_text.PlainTextMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "regulars.shop.middleware.ShopMiddleware",
]
# What programs have no use for: they have no session, no language and no forms, and each of their requests would pay for it.
_FOR_PAGES = (
    "whitenoise.",
    "django.contrib.",
    "django.middleware.locale.",
    "django.middleware.csrf.",
    "allauth.",
    "django_htmx.",
)
API_MIDDLEWARE = [one for one in MIDDLEWARE if not one.startswith(_FOR_PAGES)]

ROOT_URLCONF = "regulars.site.urls"
WSGI_APPLICATION = "regulars.site.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": False,
        "DIRS": [PACKAGE_DIR / "flows" / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    [
                        "django_cotton.cotton_loader.Loader",
                        "django.template.loaders.filesystem.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                )
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "regulars.web.navigation.console",
            ],
            "builtins": [
                "django_cotton.templatetags.cotton",
                "django.templatetags.i18n",
                "regulars.web.templatetags.formats",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"
DJANGO_TABLES2_TEMPLATE = "web/table.html"
INSTALLED_APPS.insert(INSTALLED_APPS.index("django_filters"), "django.forms")

AUTH_USER_MODEL = "shop.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "regulars.shop.accounts.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]

_MAIL = urlsplit(os.environ.get("REGULARS_EMAIL_URL", ""))
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if _MAIL.scheme else 'filebased'}.EmailBackend"
EMAIL_FILE_PATH = DATA_DIR / "mail"
EMAIL_HOST, EMAIL_PORT = _MAIL.hostname or "localhost", _MAIL.port or 25
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = unquote(_MAIL.username or ""), unquote(_MAIL.password or "")
EMAIL_USE_SSL, EMAIL_USE_TLS = _MAIL.scheme == "smtps", _MAIL.scheme == "smtp" and _MAIL.port == 587
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = SERVER_EMAIL = os.environ.get("REGULARS_EMAIL_FROM", "regulars@localhost")

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("简体中文")), ("en", _("English"))]
LOCALE_PATHS = [PACKAGE_DIR / "site" / "locale", PACKAGE_DIR / "flows" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
USE_THOUSAND_SEPARATOR = True

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.AppDirectoriesFinder", "regulars.web.assets.PackageFinder"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
MEDIA_ROOT = DATA_DIR / "uploads"
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
# The column mapper sends a field per column of a file, and files of up to 2,000 columns are read.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_100
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]

MEMORY_MB = _number("REGULARS_MEMORY_MB", 192)
WORKERS = _number("REGULARS_WORKERS", 1)
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "OPTIONS": {}}}

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "regulars.web.pages.forged"
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "filters": {"disk": {"()": "regulars.site.disk.ExplainedFilter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain", "filters": ["disk"]}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    # It warns of each attempt to connect; when it gives up, the error says so once.
    "loggers": {"psycopg.pool": {"level": "ERROR"}},
}
