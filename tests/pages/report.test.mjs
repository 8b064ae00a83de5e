import assert from "node:assert/strict";
import { test } from "node:test";
import { nameColors } from "../../static/pure/color.js";
import { parse, plain } from "../../static/pure/report.js";

nameColors((word) => (word === "red" ? "#ff0000" : null));

const b = (...children) => ({ tag: "b", color: null, href: null, children });

test("allowed tags become elements", () => {
  assert.deepEqual(parse("<b>Last Event</b>: 5"), [b("Last Event"), ": 5"]);
  assert.deepEqual(parse("<STRONG>x</STRONG>")[0].tag, "strong");
  assert.deepEqual(parse("<b>a<i>b</i></b>"), [b("a", { tag: "i", color: null, href: null, children: ["b"] })]);
});

for (const text of [
  "List<int>", "hit<5%", "a < b > c", "x<b and y>z", "<b", "<b>never closed", "</b> never opened", "<>", "a & b &amp; c",
  "<img src=x onerror=alert(1)>", "<script>alert(1)</script>", "<b onclick=alert(1)>x</b>", "<b/onmouseover=x>y</b>",
  '<a href="javascript:alert(1)">x</a>', '<a href="//evil">x</a>', '<a href="java\tscript:x">x</a>', "<a>x</a>",
  '<span style="background:url(http://x)">x</span>', "<font color=notacolour>x</font>", "<iframe src=http://x></iframe>",
  "<svg onload=alert(1)>", "<i\u0000>x</i>",
]) {
  test(`stays text: ${JSON.stringify(text)}`, () => assert.deepEqual(parse(text), [text]));
}

test("colours of span and font are kept, whatever the quotes", () => {
  for (const tag of ['<font color="red">', "<font color=red>", "<font color='RED'>"]) {
    assert.equal(parse(`${tag}x</font>`)[0].color, "red");
  }
  assert.equal(parse('<span style="font-weight: bold; color: #00ff00">x</span>')[0].color, "#00ff00");
  assert.equal(parse('<span style="background-color: red">x</span>')[0], '<span style="background-color: red">x</span>');
});

test("links go to the web only, and other attributes are not taken", () => {
  const [link] = parse('<a href="https://example.org/p?a=1&amp;b=2" target="_blank">plot</a>');
  assert.equal(link.href, "https://example.org/p?a=1&b=2");
  assert.deepEqual(Object.keys(link).sort(), ["children", "color", "href", "tag"]);
});

test("what is not closed inside an element stays text inside it", () => {
  assert.deepEqual(parse("<b>List<i> x</b>"), [b("List<i> x")]);
});

test("tags nested without end cost neither depth nor text", () => {
  const text = "<b>".repeat(5000) + "x" + "</b>".repeat(5000);
  let depth = 0;
  for (let part = parse(text)[0]; typeof part !== "string"; part = part.children.find((one) => typeof one !== "string") ?? "") depth += 1;
  assert.ok(depth <= 8);
  assert.ok(plain(parse(text)).includes("x"));
});

test("no text is lost", () => {
  const pieces = ["<b>", "</b>", "<i>", "</i>", "x", "<", ">", "&", " ", "<font color=red>", "</font>", "<u>", "5%"];
  let state = 3;
  const random = (n) => (state = (state * 1103515245 + 12345) % 2 ** 31) % n;
  const strip = (text) => text.replace(/<\/?(b|i|font)( color=red)?>/g, "");
  for (let i = 0; i < 2000; i += 1) {
    const text = Array.from({ length: 1 + random(12) }, () => pieces[random(pieces.length)]).join("");
    assert.equal(strip(plain(parse(text))), strip(text), text);
  }
});
