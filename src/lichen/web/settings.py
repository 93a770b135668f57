"""Settings of the workbench, from the environment; reading them changes nothing.

``LICHEN_DATA``: folder with the secret key and, without ``LICHEN_DATABASE_URL``, the SQLite database.
``LICHEN_DATABASE_URL``: ``postgresql://user:password@host:port/name?sslmode=…``.
``LICHEN_URL``: address that browsers use, e.g. ``https://park.example``; without it only this machine is served.
``LICHEN_OIDC``: file in TOML with one OpenID Connect provider: id, name, client_id, secret, server_url.
"""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit

from lichen.web import environment

DATA = Path(os.environ.get("LICHEN_DATA", "lichen-data"))
SECRET_FILE = DATA / "secret.key"
URL = os.environ.get("LICHEN_URL", "").rstrip("/")
HTTPS = URL.startswith("https://")


SECRET_KEY = SECRET_FILE.read_text(encoding="ascii").strip() if SECRET_FILE.is_file() else ""
DEBUG = False
HOST = urlsplit(URL).hostname or ""
ALLOWED_HOSTS = [HOST] if HOST else ["localhost", "127.0.0.1", "[::1]"]
CSRF_TRUSTED_ORIGINS = [URL] if URL else []
DATABASES = {"default": environment.database(os.environ.get("LICHEN_DATABASE_URL", ""), DATA)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "lichen.web",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.headless",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "axes",
    "csp",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "lichen.web.middleware.language",
    "lichen.web.tokens.by_token",
    "lichen.web.middleware.Guard",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "lichen.web.urls"
WSGI_APPLICATION = "lichen.web.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "lichen.web.context.page",
            ],
            "builtins": ["lichen.web.templatetags.lichen"],
        },
    }
]

# --- who is who ---------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "web.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "lichen.web.accounts.LongEnough", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
PASSWORD_RESET_TIMEOUT = 14 * 24 * 3600
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "lichen.web.accounts.Adapter"
SOCIALACCOUNT_ADAPTER = "lichen.web.accounts.SocialAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_NOTIFICATIONS = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
ACCOUNT_SESSION_REMEMBER = False
# wrong codes of a second factor, of one account; passwords are counted by axes, in the database: see accounts.Adapter
ACCOUNT_RATE_LIMITS = {"login_failed": "10/h/key"}
ACCOUNT_USER_DISPLAY = "lichen.web.accounts.display"
_KNOWN = environment.provider(os.environ.get("LICHEN_OIDC", ""))
_APPS = [
    {
        "provider_id": _KNOWN["id"], "name": _KNOWN["name"], "client_id": _KNOWN["client_id"],
        "secret": _KNOWN["secret"], "settings": {"server_url": _KNOWN["server_url"]},
    }
] if _KNOWN else []  # fmt: skip
SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": _APPS, "OAUTH_PKCE_ENABLED": True}} if _KNOWN else {}
SOCIALACCOUNT_EMAIL_AUTHENTICATION = True
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
SOCIALACCOUNT_STORE_TOKENS = False
MFA_ALLOW_UNVERIFIED_EMAIL = True  # no address is ever verified: links come from who invites
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Lichen"
HEADLESS_CLIENTS = ("app",)  # programs; of its addresses api_account.py opens three
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 1  # [h]
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_FORM_FIELD = "login"
AXES_USERNAME_CALLABLE = "lichen.web.accounts.login_name"
AXES_RESET_ON_SUCCESS = True
AXES_ENABLE_ACCESS_FAILURE_LOG = False
AXES_DISABLE_ACCESS_LOG = True
AXES_LOCKOUT_CALLABLE = "lichen.web.accounts.locked_out"
AXES_VERBOSE = False

# --- what a browser may do ----------------------------------------------------------------------------------------
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_NAME = "lichen_session"
CSRF_COOKIE_NAME = "lichen_csrf"
LANGUAGE_COOKIE_NAME = "lichen_language"
SESSION_COOKIE_AGE = 12 * 3600
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        # browsers ask this also where the answer to a form leads elsewhere, as the log-in at a provider does
        "form-action": ["'self'", *filter(None, (environment.origin(_KNOWN.get("server_url", "")),))],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 2**20
FILE_UPLOAD_MAX_MEMORY_SIZE = 5 * 2**20
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500
DATA_UPLOAD_MAX_NUMBER_FILES = 5

# --- languages, files ---------------------------------------------------------------------------------------------
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
CSRF_FAILURE_VIEW = "lichen.web.views.errors.csrf"
LANGUAGES = [("en", "English"), ("zh-hans", "中文")]
STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True
WHITENOISE_MAX_AGE = 3600
# allauth alone keeps things here: which codes were used, and how many were wrong; in files, so that all processes that
# answer know it, and so many that nobody crowds them out
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache", "LOCATION": DATA.absolute() / "codes",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}  # fmt: skip
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"stderr": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    # what people mistype and what is not found is no matter for the log; failures are
    "loggers": {"django.request": {"level": "ERROR"}},
}
