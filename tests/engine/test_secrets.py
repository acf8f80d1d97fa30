"""Secrets are masked whatever form they have, and code that only speaks of them is not."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from engine.context.masking.issuers import FORMS, is_name_in_code
from engine.context.secrets import MASK, masked

SECRET = "Hunter" + "2passZ9"  # nobody's
HEXADECIMAL = "f9a3e247cb2c083e" * 2

ASSIGNED = (
    'password: str = "{}"', 'let password: String = String::from("{}");', 'const char *password = "{}";',
    'char password[] = "{}";', '#define DB_PASSWORD "{}"', 'PASSWORD = os.getenv("PASSWORD", "{}")',
    'password = os.environ.get("DB_PASS") or "{}"', 'password =\n    "{}"', "password: {}", "DB_PASSWORD={}",
    'export DB_PASSWORD="{}"', "<password>{}</password>", 'passphrase = "{}"', 'passwd="{}"', 'DB_PASS = "{}"',
    'password := "{}"', 'var password string = "{}"', 'private const string Password = "{}";', 'Password = @"{}"',
    "const password = `{}`", 'password => "{}"', "password -> '{}'", 'password <- "{}"', '$password = "{}";',
    "define('DB_PASSWORD', '{}');", '.withPassword("{}")', 'ds.setPassword("{}");', 'if (password === "{}")',
    'if ("{}".equals(password))', '"{}" == password', 'password ??= "{}"', 'x = "{{\\"password\\": \\"{}\\"}}"',
    '<add key="Password" value="{}"/>', "spring.datasource.password = {}", "MYSQL_ROOT_PASSWORD: {}", "pass: {}",
)  # fmt: skip
PASSED = (
    'auth = ("admin", "{}")', 'client.login("admin", "{}")', 'connect("admin", "{}")', 'basic_auth("admin", "{}")',
    "mysql -uroot -p{} db", 'curl --user "admin:{}" https://x.example', "docker login -u me -p {}",
    "sshpass -p {} ssh x",
    "--password {}", "--password={}", "PGPASSWORD={} psql", "ENV DB_PASSWORD {}", 'ConvertTo-SecureString "{}" -Force',
    '"Server=x;User Id=sa;Password={};"', '"jdbc:mysql://h/db?user=a&password={}"', "redis://:{}@localhost/0",
    'requests.get(u, auth=("me", "{}"))', "net use \\\\srv /user:me {}",
)  # fmt: skip
KEYS = (
    "api_key: {}", "ENV API_KEY {}", 'headers["X-Auth-Token"] = "{}"', "headers.set('X-Api-Key', '{}')", "token = '{}'",
    'headers = {{"Authorization": "token {}"}}', "Authorization: Bearer {}", '"client_secret": "{}"',
    "encryption_key = '{}'",
)  # fmt: skip
HARMLESS = (
    "password = get_password()", "token = tokens[0]", "password: str", "def login(user, password):",
    'raise ValueError("invalid password")', 't("user.password.label")', 'password = input("Password: ")',
    'key = "user_id"', "auth = HTTPBasicAuth(user, password)", '"password": "Passwort eingeben"',
    'token_type = "Bearer"',
    "self.password = password", 'password_field = "password"', 'token = "identifier"', 'TOKEN_KIND_1 = "open_paren1"',
    'primary_key="id"', "secret = secrets.token_hex(16)", 'password = config["db"]["password"]', "pass  # 12345abc",
    'name="password" type="password"', "PASSWORD_MIN_LENGTH = 8", 'auth_url = "https://auth.example.org/oauth2/token"',
    'client.connect("localhost", 5432)', 'connect("OAuth2Client")', 'hash_password(password, "sha256")',
    "x = bypass(a1b2c3)",
    'tokenizer = AutoTokenizer.from_pretrained("gpt2")', "apiKey: process.env.API_KEY",
    'SECRET_KEY = env("SECRET_KEY")',
    "Buffer.from(user + ':' + password).toString('base64')", 'password = "<your password>"',
    'password = "${DB_PASSWORD}"', "docker run -p 127.0.0.1:8080:80/tcp image", "redis-cli -p 6379 ping",
    "napi_create_threadsafe_function(env, callback)", "set_hf_deepspeed_config(hf_deepspeed_config_obj)",
    "fw_outs_bw_ins_node_names[out_idx]",
)  # fmt: skip


@pytest.mark.parametrize("form", [*ASSIGNED, *PASSED])
def test_a_password_is_masked_however_it_is_given(form: str) -> None:
    text = f"before = 1\n{form.format(SECRET)}\nafter = 2\n"
    assert masked(text) == text.replace(SECRET, MASK)


@pytest.mark.parametrize("form", KEYS)
def test_a_key_is_masked_by_its_name(form: str) -> None:
    assert masked(form.format(HEXADECIMAL)) == form.format(MASK)


@pytest.mark.parametrize("value", ["Tr0ub4d", "p@$$w0rd(1)x", "hunter2", "letmein!", "a1b2", "swordfish-7"])
def test_short_and_odd_passwords_are_masked(value: str) -> None:
    assert masked(f'password = "{value}"') == f'password = "{MASK}"'


@pytest.mark.parametrize("text", HARMLESS)
def test_code_that_only_speaks_of_secrets_stays(text: str) -> None:
    assert masked(text) == text


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_every_issuers_tokens_are_masked(data: st.DataObject) -> None:
    _, prefixes, follows = data.draw(st.sampled_from(FORMS))
    prefix = data.draw(st.sampled_from(prefixes))
    token = prefix + data.draw(st.from_regex(follows.replace(r"\b", ""), fullmatch=True).filter(str.isascii))
    assume(not is_name_in_code(token))
    assert token[-12:] not in masked(f'call("{token}")')


@given(st.text("ab1 \"'=:;,(){}\\\npasswordtoken", max_size=60))
def test_masking_keeps_the_lines_and_is_stable(text: str) -> None:
    once = masked(text)
    assert once.count("\n") == text.count("\n")
    assert masked(once) == once


@pytest.mark.parametrize("call", ["a((", "Some(", "new a( ", "[1] "])
def test_many_calls_around_a_value_do_not_keep_masking_busy(call: str) -> None:
    text = "password=" + call * 30 + "%'x'"
    assert masked(text) == text


@pytest.mark.parametrize("name", ["password='", "auth(", "token ", "pass_", "curl -u a:"])
def test_masking_a_long_line_takes_one_walk(name: str) -> None:
    assert len(masked(name * 20_000 + "\n")) > len(name)
