"""Static files: small, the same in every process, and kept by browsers."""

import gzip

from quart.testing import QuartClient

from realtime.web.static import assets, build, shortened
from tests.client import Client


def test_comments_and_indentation_stay_at_home_and_texts_do_not() -> None:
    script = '/** why */\nexport const a = "// no comment"; // end\n    const b = `  two\n  lines`;\n'
    short = shortened(".js", script)
    assert "why" not in short and "end" not in short
    assert '"// no comment"' in short and "`  two\n  lines`" in short
    assert shortened(".js", "a = `x${b ? ` (${c})  d ` : `e ${f}`}  g`") == "a=`x${b?` (${c})  d `:`e ${f}`}  g`"
    assert shortened(".css", "/* why */\na {\n  color: red;\n}\n") == "a{color:red}"
    assert shortened(".css", "@layer x {\n  .a :is(b, c) { d: e; }\n}") == "@layer x{.a :is(b,c){d:e}}"
    assert shortened(".svg", "<svg> </svg>") == "<svg> </svg>"


async def test_a_file_is_sent_compressed_to_those_who_take_it_and_may_be_kept(client: Client) -> None:
    browser: QuartClient = client.quart
    address = f"{client.house.static_url}/style/base.css"
    assert client.house.static_url.endswith(build())
    plain = await browser.get(address)
    packed = await browser.get(address, headers={"Accept-Encoding": "gzip, br"})
    body = await plain.get_data(as_text=False)
    assert body == assets()["style/base.css"].body
    assert gzip.decompress(await packed.get_data(as_text=False)) == body
    assert packed.headers["Content-Encoding"] == "gzip" and "Content-Encoding" not in plain.headers
    assert (plain.headers["Vary"], plain.mimetype) == ("Accept-Encoding", "text/css")
    assert "immutable" in plain.headers["Cache-Control"]


async def test_only_files_of_the_page_are_served(client: Client) -> None:
    for path in ("jsconfig.json", "../pyproject.toml", "style/", "%2e%2e/pyproject.toml", "nothing.js"):
        answer = await client.quart.get(f"{client.house.static_url}/{path}")
        assert answer.status_code == 404, path
