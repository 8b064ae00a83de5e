import assert from "node:assert/strict";
import { test } from "node:test";
import { BEGIN, looks } from "../../static/pure/ansi.js";

const seen = (text, state = BEGIN) => looks(text, state).pieces.map(({ text, look }) => (look ? `${look}:${text}` : text));

test("text without orders is one piece", () => {
  assert.deepEqual(seen("plain <b> & text\n"), ["plain <b> & text\n"]);
  assert.deepEqual(seen(""), []);
});

test("colours are tones, and end where the terminal ends them", () => {
  assert.deepEqual(seen("\x1b[31mred\x1b[0m not \x1b[1;92mbold\x1b[22m thin\x1b[m"), ["red:red", " not ", "green bold:bold", "green: thin"]);
  assert.deepEqual(seen("\x1b[90mgrey\x1b[39mno"), ["grey:grey", "no"]);
});

test("black and white are those of the page, behind a text a colour is its tone", () => {
  assert.deepEqual(seen("\x1b[37;40mwhite on black\x1b[49m\x1b[30mblack"), ["grey back:white on black", "black"]);
  assert.deepEqual(seen("\x1b[41;37mERROR\x1b[0m"), ["red back:ERROR"]);
  assert.deepEqual(seen("\x1b[7mturned\x1b[27m"), ["back:turned"]);
});

test("the 256 colours and those of 24 bits become the nearest tone", () => {
  const tone = (codes) => looks(`\x1b[${codes}mx`, BEGIN).pieces[0].look;
  assert.deepEqual(["38;5;1", "38;5;196", "38;5;208", "38;5;46", "38;5;51", "38;5;21", "38;5;201", "38;5;244", "38;5;255"].map(tone), [
    "red", "red", "yellow", "green", "cyan", "blue", "magenta", "grey", "",
  ]);
  assert.equal(tone("38;2;250;20;20"), "red");
  assert.equal(tone("38:2:10:10:200"), "blue");
  assert.equal(tone("38;5;196;1"), "red bold", "what follows counts, too");
  assert.equal(tone("38"), "");
});

test("every other order is dropped, and other control signs are shown as pictures", () => {
  assert.deepEqual(seen("a\x1b[2J\x1b[1;1Hb\x1b]0;title\x07c\x1b(Bd\x1b]8;;http://x\x1b\\e\tf\x07\x00"), ["abcde\tf\u2407\u2400"]);
  assert.deepEqual(seen("\x1b\n"), ["\u241b\n"]);
});

test("looks and orders that were cut go on in the next piece", () => {
  const whole = "\x1b[31mred \x1b]0;some title\x07and \x1b[1mbold\x1b[0m end";
  const all = (text) => {
    const found = [];
    let state = BEGIN;
    for (const part of text) {
      const { pieces, state: next } = looks(part, state);
      state = next;
      for (const piece of pieces) {
        if (found.at(-1)?.look === piece.look) found.at(-1).text += piece.text;
        else found.push({ ...piece });
      }
    }
    return found;
  };
  for (let cut = 0; cut <= whole.length; cut += 1) assert.deepEqual(all([whole.slice(0, cut), whole.slice(cut)]), all([whole]), `cut at ${cut}`);
});

test("an order that never ends costs no more than it is long", () => {
  assert.equal(looks(`\x1b]${"x".repeat(1_000_000)}`, BEGIN).state.cut, "");
  assert.equal(looks("\x1b[".repeat(50_000), BEGIN).state.cut, "\x1b[");
});
