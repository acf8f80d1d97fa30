"""Tokens that are known by the form their issuer gives them.

Each form is a prefix and what follows it. The prefixes are published by the issuers;
the lengths are the shortest that they give out, with some room.
"""

from __future__ import annotations

import re
from functools import cache

_WORD = r"[A-Za-z0-9_-]"
_HEX = "[0-9a-f]"
_UPPER = "[A-Z0-9]"

# (prefixes, what follows): the issuer's name stands for the reader.
FORMS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("AWS", ("AKIA", "ASIA", "ABIA", "ACCA", "AIDA", "AROA"), rf"{_UPPER}{{16}}\b"),
    ("AWS Bedrock", ("ABSK",), r"[A-Za-z0-9+/=]{60,}"),
    ("Google", ("AIza",), rf"{_WORD}{{35}}"),
    ("Google", ("GOCSPX-", "ya29.", "1//0"), rf"{_WORD}{{20,}}"),
    ("GitHub", ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"), r"\w{22,}"),
    ("GitLab", ("glpat-", "gldt-", "glrt-", "glptt-", "glft-", "glagent-", "gloas-", "glcbt-", "glimt-", "glsoat-",
     "glffct-",
                "GR1348941"), r"[\w.-]{16,}"),
    ("Slack", ("xoxa-", "xoxb-", "xoxp-", "xoxr-", "xoxs-", "xoxe-", "xoxe.", "xoxd-", "xoxc-", "xapp-", "xwfp-"),
     r"[\w.%-]{10,}"),
    ("Slack, Discord, Teams: webhooks", ("hooks.slack.com/services/", "hooks.slack.com/workflows/",
                                         "hooks.slack.com/triggers/", "discord.com/api/webhooks/",
                                         "discordapp.com/api/webhooks/", "webhook.office.com/webhookb2/"),
     r"[\w/@.-]{16,}"),
    ("Stripe", ("sk_live_", "sk_test_", "rk_live_", "rk_test_", "sk_prod_", "rk_prod_", "whsec_"),
     r"[A-Za-z0-9+/=]{16,}"),
    ("OpenAI, Anthropic, OpenRouter, DeepSeek, Langfuse", ("sk-",), rf"{_WORD}{{20,}}"),
    ("Models: xAI, Groq, Perplexity, Replicate, Fireworks, NVIDIA, Hugging Face, Together, Cerebras",
     ("xai-", "gsk_", "pplx-", "r8_", "fw_", "nvapi-", "hf_", "api_org_", "tgp_v1_", "csk-"), rf"{_WORD}{{20,}}"),
    ("Tools for models", ("lsv2_pt_", "lsv2_sk_", "tvly-", "jina_", "wv_", "pcsk_"), rf"{_WORD}{{20,}}"),
    ("npm, PyPI, RubyGems, Clojars, crates.io, NuGet", ("npm_", "pypi-", "rubygems_", "CLOJARS_", "cio"),
     r"[\w-]{30,}"),
    ("NuGet", ("oy2",), r"[a-z0-9]{43}\b"),
    ("Docker", ("dckr_pat_", "dckr_oat_"), rf"{_WORD}{{20,}}"),
    ("SendGrid", ("SG.",), rf"{_WORD}{{16,}}\.{_WORD}{{16,}}"),
    ("Brevo, Mailgun, Postman, Resend", ("xkeysib-", "xsmtpsib-", "key-", "PMAK-", "re_"), r"[0-9A-Za-z][\w-]{23,}"),
    ("Square", ("sq0atp-", "sq0csp-", "sq0idp-", "EAAA"), rf"{_WORD}{{22,}}"),
    ("Databricks", ("dapi",), rf"{_HEX}{{32}}(?:-\d)?\b"),
    ("DigitalOcean", ("dop_v1_", "doo_v1_", "dor_v1_"), rf"{_HEX}{{32,}}"),
    ("HashiCorp", ("hvs.", "hvb.", "hvr."), rf"{_WORD}{{20,}}"),
    ("Notion, Linear, Figma, Airtable", ("ntn_", "secret_", "lin_api_", "lin_oauth_", "figd_", "figo_", "figu_"),
     r"[A-Za-z0-9]{24,}"),
    ("Airtable", ("pat",), rf"[A-Za-z0-9]{{14}}\.{_HEX}{{64}}"),
    ("Shopify", ("shpat_", "shpss_", "shpca_", "shppa_", "shptka_"), r"[A-Fa-f0-9]{32}"),
    ("New Relic", ("NRAK-", "NRII-", "NRAA-", "NRRA-", "NRIQ-", "NRJS-", "NRSP-"), rf"{_WORD}{{19,}}"),
    ("Atlassian", ("ATATT3", "ATCTT3", "ATBB", "ATOA"), r"[\w=-]{20,}"),
    ("Pulumi, PlanetScale, Neon, Supabase, Prefect", ("pul-", "pscale_tkn_", "pscale_pw_", "pscale_oauth_", "napi_",
     "sbp_",
     "sb_secret_", "pnu_", "pnb_"), rf"{_WORD}{{20,}}"),
    ("Grafana, Sentry, Dynatrace, Datadog, PostHog, Honeycomb", ("glsa_", "glc_", "sntrys_", "sntryu_", "dt0c01.",
     "ddapp_",
     "phx_", "hcaik_"), r"[\w.=+/-]{20,}"),
    ("Buildkite, CircleCI, Doppler, Terraform Cloud, Sourcegraph", ("bkua_", "CCIPAT_", "CCIPRJ_", "dp.pt.",
     "dp.st.", "dp.ct.",
     "dp.sa.", "tfp_", "sgp_", "slk_"), r"[\w.-]{20,}"),
    ("Payments: Flutterwave, EasyPost, Adyen, Razorpay, Duffel", ("FLWSECK-", "FLWSECK_TEST-", "EZAK", "EZTK", "AQE",
     "rzp_live_", "rzp_test_", "duffel_live_", "duffel_test_"), rf"{_WORD}{{14,}}"),
    ("Twilio", ("SK",), rf"{_HEX}{{32}}\b"),
    ("Contentful, Mapbox, HubSpot", ("CFPAT-", "sk.eyJ", "pat-na1-", "pat-eu1-"), r"[\w.-]{20,}"),
    ("Dropbox", ("sl.",), rf"{_WORD}{{100,}}"),
    ("Alibaba, Tencent", ("LTAI", "AKID"), r"[A-Za-z0-9]{16,}"),
    ("Artifactory", ("AKCp", "cmVmdGtu"), r"[A-Za-z0-9]{40,}"),
    ("age, WireGuard, 1Password", ("AGE-SECRET-KEY-1", "ops_eyJ", "A3-"), r"[\w-]{30,}"),
    ("Readme, RubyGems, Typeform, Wakatime, Cloudflare", ("rdme_", "tfp_", "waka_", "v1.0-"), r"[\w-]{30,}"),
    ("Cloud foundry of LaunchDarkly", ("sdk-", "api-", "mob-"), rf"{_HEX}{{8}}(?:-{_HEX}{{4}}){{3}}-{_HEX}{{12}}"),
    ("Vercel, Netlify, Fly, Render, Railway", ("vercel_blob_rw_", "nfp_", "fm1_", "fm2_", "fo1_", "rnd_"),
     r"[\w+/=,-]{20,}"),
    ("JSON web tokens", ("eyJ",), rf"{_WORD}{{10,}}\.{_WORD}{{10,}}(?:\.{_WORD}{{10,}})?"),
    ("Keys in base64, as DER", ("MII",), r"[A-Za-z0-9+/=]{100,}"),
)  # fmt: skip
# Tokens that are known by more than their beginning.
WHOLE = (
    r"\b\d{8,10}:AA[\w-]{33}",  # Telegram
    r"\b[0-9a-f]{32}-us\d{1,2}\b",  # Mailchimp
    r"[\w.~-]{3}8Q~[\w.~-]{30,}",  # Microsoft Entra
    r"\bAAAA[\w-]{5,}:APA91[\w-]{100,}",  # Firebase
    r"\b[A-Za-z0-9]{14}\.atlasv1\.[\w-]{60,}",  # Terraform Cloud
    r"\b[MNO][A-Za-z\d_-]{23,27}\.[A-Za-z\d_-]{6}\.[A-Za-z\d_-]{27,}",  # Discord
)
# What a token is made of. Most long runs of code have no digit and small
# letters: they are not looked at further.
_RUN = re.compile(r"[A-Za-z0-9_.+/=~:@%-]{15,}")
_BEGINNING = 3  # characters
_DIGIT = re.compile(r"\d")
# Names in code begin as some tokens do: `napi_create_string_utf8`, `hf_deepspeed_config`.
_NAME_WORD = r"(?:[a-z]{1,15}|[A-Z]{1,15})\d{0,2}"
_NAME_IN_CODE = re.compile(rf"{_NAME_WORD}(?:[_-]{_NAME_WORD})*(?:[_-]\d{{0,2}})?")


@cache
def _form() -> re.Pattern[str]:
    begun = "|".join(re.escape(prefix) + follows for _, prefixes, follows in FORMS for prefix in prefixes)
    return re.compile(rf"(?<![A-Za-z0-9_])(?:{begun})|{'|'.join(WHOLE)}")


@cache
def _beginnings() -> frozenset[str]:
    return frozenset(prefix[:_BEGINNING] for _, prefixes, _ in FORMS for prefix in prefixes)


def find_issued_tokens(text: str) -> list[tuple[int, int]]:
    """Return (start, end) of each token that an issuer's form gives away."""
    form = _form()
    return [
        found.span()
        for run in _RUN.finditer(text)
        if run[0][:_BEGINNING] in _beginnings() or _DIGIT.search(run[0]) or run[0].isupper()
        for found in form.finditer(text, run.start(), run.end())
        if not is_name_in_code(found[0])
    ]


def is_name_in_code(token: str) -> bool:
    """True if a token falls into words, as a name in code does."""
    return _NAME_IN_CODE.fullmatch(token) is not None
