// Follows an experiment with the package `ws`, as its documentation shows it, and writes each state it reaches:
// node follow.mjs ADDRESS TOKEN. It comes back after a lost connection.
import { WebSocket } from "ws";

const [address, token] = process.argv.slice(2);
const rows = new Map();
let position = null;

function connect() {
  const socket = new WebSocket(position ? `${address}?since=${position}` : address, {
    headers: { Authorization: `Bearer ${token}` },
  });
  socket.on("message", (data, isBinary) => {
    if (isBinary) throw new Error("text was promised");
    hear(JSON.parse(data.toString()));
  });
  socket.on("error", () => {});
  socket.on("close", (code) => {
    say({ closed: code });
    setTimeout(connect, 100);
  });
}

function hear(message) {
  if (message.type === "snapshot") {
    if (message.part === 1) {
      rows.clear();
      position = null; // half a snapshot is no state to go on from
    }
    for (const row of message.rows) rows.set(row.key, row);
    if (!message.last) return;
    position = `${message.epoch}:${message.seq}`;
  } else if (message.type === "delta") {
    if (position !== `${message.epoch}:${message.from}`) throw new Error(`${position} and then ${message.from}`);
    for (const row of message.put) rows.set(row.key, row);
    for (const [key] of message.drop) rows.delete(key);
    position = `${message.epoch}:${message.to}`;
  } else {
    return say({ heard: message.type });
  }
  say({ heard: message.type, position, rows: Object.fromEntries(rows) });
}

function say(what) {
  process.stdout.write(`${JSON.stringify(what)}\n`);
}

connect();
