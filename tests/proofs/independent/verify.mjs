// A verifier of Wayseal's proofs, written from docs/reference/proofs.md alone. Needs Node.js and no package.
//
//     node verify.mjs PUBLIC_KEY_FILE PROOF…
//
// One line a proof: what it shows, or why it is refused. Ends with 0 if all hold, else with 1.

import { createHash, createPublicKey, verify } from "node:crypto";
import { readFileSync } from "node:fs";

class Refused extends Error {}

const refuse = (why) => {
  throw new Refused(why);
};
const require = (holds, why) => holds || refuse(why);

// Spelling

const utf8 = (text) => Buffer.from(text, "utf8");
const H = (...parts) => createHash("sha256").update(Buffer.concat(parts)).digest();
const bytes = (...values) => Buffer.from(values);

function integer(value, size) {
  const out = Buffer.alloc(size);
  let left = BigInt.asUintN(8 * size, value);
  for (let place = size - 1; place >= 0; place--, left >>= 8n) out[place] = Number(left & 255n);
  return out;
}

function decoded(content) {
  const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  try {
    return text.decode(content);
  } catch {
    return refuse("not UTF-8");
  }
}

function hex(text, size) {
  require(typeof text === "string" && /^([0-9a-f]{2})*$/.test(text), "hex");
  const out = Buffer.from(text, "hex");
  require(size === undefined || out.length === size, "length of hex");
  return out;
}

function base64(text) {
  require(typeof text === "string", "base64");
  const out = Buffer.from(text, "base64");
  require(out.toString("base64") === text, "base64");
  return out;
}

// JSON whose numbers are whole, of any size, and whose members stand there once

function parse(text) {
  let at = 0;
  const space = () => {
    while (" \t\n\r".includes(text[at] ?? "x")) at++;
  };
  const take = (what) => {
    require(text.startsWith(what, at), "JSON");
    at += what.length;
  };
  const match = (pattern) => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    require(found, "JSON");
    at = pattern.lastIndex;
    return found[0];
  };
  const string = () => {
    const raw = match(/"(?:[^"\\\x00-\x1f]|\\(?:["\\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y);
    const out = JSON.parse(raw);
    require(out.isWellFormed(), "a text that is no Unicode");
    return out;
  };
  const listed = (open, close, item) => {
    take(open);
    space();
    if (text[at] === close) return take(close);
    for (;;) {
      space();
      item();
      space();
      if (text[at] === close) return take(close);
      take(",");
    }
  };
  const value = (depth) => {
    require(depth < 20, "too deep");
    space();
    const first = text[at];
    if (first === "{") {
      const out = new Map();
      listed("{", "}", () => {
        const name = string();
        require(!out.has(name), "a member twice");
        space();
        take(":");
        out.set(name, value(depth + 1));
      });
      return out;
    }
    if (first === "[") {
      const out = [];
      listed("[", "]", () => out.push(value(depth + 1)));
      return out;
    }
    if (first === '"') return string();
    if (first === "n") return take("null"), null;
    if (first === "t") return take("true"), true;
    if (first === "f") return take("false"), false;
    return BigInt(match(/-?(?:0|[1-9][0-9]*)(?![0-9.eE])/y));
  };
  const out = value(0);
  space();
  require(at === text.length, "JSON");
  return out;
}

function members(value, must, may = []) {
  require(value instanceof Map, "an object is missing");
  for (const name of must) require(value.has(name), `${name} is missing`);
  for (const name of value.keys()) require(must.includes(name) || may.includes(name), `unknown member`);
  return value;
}

const isText = (value) => typeof value === "string";
const isNumber = (value, below) => typeof value === "bigint" && value >= 0n && value < below;
const IN_ENTRIES = 1n << 63n;
const IN_READS = 1n << 31n;

function hashes(value) {
  require(Array.isArray(value), "a list is missing");
  return value.map((one) => hex(one, 32));
}

// Keys and checkpoints

function publicKey(text) {
  const found = /^([^\s+]+)\+([0-9a-f]{8})\+([^\s+][^\s]*)$/.exec(text.trim());
  require(found, "no public key");
  const [, name, id, spelled] = found;
  const raw = base64(spelled);
  require(raw.length === 33 && (raw[0] === 1 || raw[0] === 4), "no Ed25519 key");
  require(H(utf8(name), bytes(0x0a), raw).subarray(0, 4).toString("hex") === id, "the id isn't the key's");
  const x = raw.subarray(1).toString("base64url");
  const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
  return { name, id, key, witness: raw[0] === 4 };
}

function signed(key, text, signature) {
  if (!key.witness) return verify(null, utf8(text), key.key, signature);
  if (signature.length !== 72) return false;
  const time = signature.readBigUInt64BE();
  return time < 1n << 63n && verify(null, utf8(`cosignature/v1\ntime ${time}\n${text}`), key.key, signature.subarray(8));
}

function openCheckpoint(note, keys) {
  require(isText(note) && !/[\x00-\x09\x0b-\x1f]/.test(note), "no note");
  const end = note.lastIndexOf("\n\n");
  require(end >= 0 && note.endsWith("\n"), "no note");
  const text = note.slice(0, end + 1);
  const signedBy = [];
  for (const line of note.slice(end + 2, -1).split("\n")) {
    const found = /^\u2014 ([^\s+]+) (\S+)$/.exec(line);
    require(found, "a line that is no signature");
    const raw = base64(found[2]);
    const id = raw.subarray(0, 4).toString("hex");
    const known = keys.find((key) => key.name === found[1] && key.id === id);
    if (known) {
      require(signed(known, text, raw.subarray(4)), "a wrong signature");
      signedBy.push(`${known.name}+${known.id}`);
    }
  }
  require(signedBy.length, "signed by others");
  const [origin, size, root, ...more] = text.slice(0, -1).split("\n");
  require(origin && /^(0|[1-9][0-9]{0,18})$/.test(size ?? "") && root && !more.includes(""), "no checkpoint");
  const hash = base64(root);
  require(hash.length === 32, "no root");
  return { origin, size: BigInt(size), root: hash, more, signedBy };
}

// Trees

const leafHash = (data) => H(bytes(0), data);
const nodeHash = (left, right) => H(bytes(1), left, right);

function included(leaf, index, size, path, root) {
  if (!(index >= 0n && index < size)) return false;
  let [f, s, r] = [index, size - 1n, leaf];
  for (const p of path) {
    if (s === 0n) return false;
    if (f & 1n || f === s) {
      r = nodeHash(p, r);
      while (!(f & 1n) && f !== 0n) [f, s] = [f >> 1n, s >> 1n];
    } else {
      r = nodeHash(r, p);
    }
    [f, s] = [f >> 1n, s >> 1n];
  }
  return s === 0n && r.equals(root);
}

function consistent(old, oldRoot, size, root, given) {
  if (!(old > 0n && old <= size)) return false;
  if (old === size) return given.length === 0 && oldRoot.equals(root);
  const path = (old & (old - 1n)) === 0n ? [oldRoot, ...given] : given;
  if (!path.length) return false;
  let [f, s, a, b] = [old - 1n, size - 1n, path[0], path[0]];
  while (f & 1n) [f, s] = [f >> 1n, s >> 1n];
  for (const p of path.slice(1)) {
    if (s === 0n) return false;
    if (f & 1n || f === s) {
      [a, b] = [nodeHash(p, a), nodeHash(p, b)];
      while (!(f & 1n) && f !== 0n) [f, s] = [f >> 1n, s >> 1n];
    } else {
      b = nodeHash(b, p);
    }
    [f, s] = [f >> 1n, s >> 1n];
  }
  return s === 0n && a.equals(oldRoot) && b.equals(root);
}

// The proof of an entry

const ESCAPES = { '"': '\\"', "\\": "\\\\", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r" };
const escaped = (char) => ESCAPES[char] ?? `\\u00${char.charCodeAt(0).toString(16).padStart(2, "0")}`;
const byCodePoint = ([a], [b]) => Buffer.compare(utf8(a), utf8(b));

function spell(value) {
  if (isText(value)) return `"${value.replace(/["\\\x00-\x1f]/g, escaped)}"`;
  if (typeof value === "bigint") return value.toString();
  require(value instanceof Map, "an entry holds texts, numbers and objects");
  const parts = [...value].sort(byCodePoint).map(([name, inner]) => `${spell(name)}:${spell(inner)}`);
  return `{${parts.join(",")}}`;
}

function checkEntry(entry) {
  const texts = ["actor", "client", "request", "via", "kind"];
  const mayBe = ["ip", "purpose", "reason", "rule", "waybill"];
  members(entry, [...texts, "at", "policy", "v"], [...mayBe, "fields", "more"]);
  for (const name of [...texts, ...mayBe]) require(!entry.has(name) || isText(entry.get(name)), `${name} of an entry`);
  require(["disclosed", "refused", "sealed", "revised", "found", "admin"].includes(entry.get("kind")), "kind");
  for (const name of ["at", "policy"]) require(isNumber(entry.get(name), IN_ENTRIES), `${name} of an entry`);
  require(entry.get("v") === 1n, "version of an entry");
  const fields = entry.get("fields") ?? new Map();
  const more = entry.get("more") ?? new Map();
  require(fields instanceof Map && more instanceof Map, "fields or more");
  for (const form of fields.values()) require(["full", "masked", "region"].includes(form), "form");
  for (const value of more.values()) require(isText(value) || typeof value === "bigint", "more");
}

function verifyEntry(proof, keys) {
  members(proof, ["wayseal_disclosure_proof", "entry", "salt", "index", "path", "checkpoint"]);
  const [entry, index] = [proof.get("entry"), proof.get("index")];
  const [salt, path] = [hex(proof.get("salt"), 32), hashes(proof.get("path"))];
  require(isNumber(index, IN_ENTRIES), "index");
  checkEntry(entry);
  const point = openCheckpoint(proof.get("checkpoint"), keys);
  const leaf = leafHash(Buffer.concat([salt, utf8(spell(entry))]));
  require(included(leaf, index, point.size, path, point.root), "the entry is not what stands in the log");
  return `entry ${index} of ${point.origin}`;
}

// The proof of a report

function isDay(text) {
  if (!isText(text) || !/^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(text) || text < "0001") return false;
  const time = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toJSON().startsWith(text);
}

function verifyReport(proof, keys) {
  members(proof, ["wayseal_report_proof", "entry", "salt", "index", "path", "checkpoint", "letter"]);
  const [entry, index, letter] = [proof.get("entry"), proof.get("index"), proof.get("letter")];
  const [salt, path] = [hex(proof.get("salt"), 32), hashes(proof.get("path"))];
  require(isNumber(index, IN_ENTRIES), "index");
  members(entry, ["v", "kind", "day", "digest"]);
  require(entry.get("v") === 1n, "version of an entry");
  require(["report", "message", "answer", "state", "reward", "closing"].includes(entry.get("kind")), "kind");
  require(isDay(entry.get("day")), "day");
  const digest = hex(entry.get("digest"), 32);
  const point = openCheckpoint(proof.get("checkpoint"), keys);
  require(point.origin.startsWith("wayseal hotline "), "no hotline's log");
  require(point.more.length === 1 && point.more[0] === `day ${entry.get("day")}`, "a checkpoint of another day");
  const leaf = leafHash(Buffer.concat([salt, utf8(spell(entry))]));
  require(included(leaf, index, point.size, path, point.root), "the entry is not what stands in the log");
  if (letter !== null) {
    const raw = base64(letter);
    require(H(raw).equals(digest), "the letter is not the entry's");
    const found = parse(decoded(raw));
    require(found instanceof Map && found.get("kind") === entry.get("kind"), "the letter is of another kind");
  }
  return `report of ${entry.get("day")}, entry ${index} of ${point.origin}`;
}

// The proof of growth

function verifyGrowth(proof, keys) {
  members(proof, ["wayseal_growth_proof", "old", "new", "path"]);
  const path = hashes(proof.get("path"));
  const [old, now] = [openCheckpoint(proof.get("old"), keys), openCheckpoint(proof.get("new"), keys)];
  require(old.origin === now.origin, "two logs");
  require(consistent(old.size, old.root, now.size, now.root, path), "the log doesn't go on from the old one");
  return `growth of ${now.origin} from ${old.size} to ${now.size}`;
}

// The proof of a read

const COLUMNS = ["access", "via", "fields", "request", "session", "ip", "device", "purpose"];
const KEYED = ["access", "request"];
const ACTIONS = ["view", "search", "export", "print", "api", "decrypt"];

const shorter = (count) => (10n ** BigInt(count) - 1n) / 9n;

function waybillBytes(number) {
  const found = /^([A-Z]{0,2})([0-9]*)$/.exec(number);
  if (!found || found[2].length > (found[1] ? 16 : 18)) return H(utf8(number));
  const [, letters, digits] = found;
  let packed = shorter(digits.length) + BigInt(digits || "0");
  if (letters) {
    const p = [...letters].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0);
    packed += shorter(19) + BigInt(p - 1) * shorter(17);
  }
  return Buffer.concat([integer(packed, 8), Buffer.alloc(24)]);
}

const wrap = (x) => BigInt.asUintN(64, x);
const turn = (x, left) => wrap(x << BigInt(left)) | (x >> BigInt(64 - left));
const [P1, P2, P3, P4, P5] = [
  11400714785074694791n,
  14029467366897019727n,
  1609587929392839161n,
  9650029242287828579n,
  2870177450012600261n,
];
const round = (lane, word) => wrap(turn(wrap(lane + word * P2), 31) * P1);

function xxh64(data) {
  let at = 0;
  let h = P5;
  if (data.length >= 32) {
    const lanes = [wrap(P1 + P2), P2, 0n, wrap(-P1)];
    for (; at + 32 <= data.length; at += 32)
      for (let n = 0; n < 4; n++) lanes[n] = round(lanes[n], data.readBigUInt64LE(at + 8 * n));
    h = wrap(turn(lanes[0], 1) + turn(lanes[1], 7) + turn(lanes[2], 12) + turn(lanes[3], 18));
    for (const lane of lanes) h = wrap((h ^ round(0n, lane)) * P1 + P4);
  }
  h = wrap(h + BigInt(data.length));
  for (; at + 8 <= data.length; at += 8) h = wrap(turn(h ^ round(0n, data.readBigUInt64LE(at)), 27) * P1 + P4);
  if (at + 4 <= data.length) {
    h = wrap(turn(h ^ wrap(BigInt(data.readUInt32LE(at)) * P1), 23) * P2 + P3);
    at += 4;
  }
  for (; at < data.length; at++) h = wrap(turn(h ^ wrap(BigInt(data[at]) * P5), 11) * P1);
  h = wrap((h ^ (h >> 33n)) * P2);
  h = wrap((h ^ (h >> 29n)) * P3);
  return h ^ (h >> 32n);
}

function microseconds(text) {
  const found = /^([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})\.([0-9]{3})([0-9]{3})Z$/.exec(text);
  require(found, "at");
  const milliseconds = Date.parse(`${found[1]}.${found[2]}Z`);
  require(new Date(milliseconds).toJSON() === `${found[1]}.${found[2]}Z`, "at");
  return BigInt(milliseconds) * 1000n + BigInt(found[3]);
}

function columnBytes(read, column) {
  if (!KEYED.includes(column)) return read.get(column) === null ? Buffer.alloc(32) : H(utf8(read.get(column)));
  if (read.has(column)) return integer(xxh64(utf8(read.get(column))) || 1n, 8);
  return hex(read.get(`${column}_key`), 8);
}

function readHash(read, salt) {
  members(
    read,
    ["waybill", "at", "source", "row", "action", "actor"],
    [...COLUMNS, ...KEYED.map((name) => `${name}_key`)],
  );
  for (const [name, value] of read) {
    if (["source", "row"].includes(name)) require(isNumber(value, IN_READS), name);
    else if (value !== null) require(isText(value) && value !== "", name);
    else require(name === "action" || (COLUMNS.includes(name) && !KEYED.includes(name)), name);
  }
  for (const name of KEYED) require(!(read.has(name) && read.has(`${name}_key`)), `${name} twice`);
  const action = read.get("action");
  require(action === null || ACTIONS.includes(action), "action");
  const there = COLUMNS.filter((name) => read.has(name) || read.has(`${name}_key`));
  return H(
    bytes(1, there.reduce((sum, name) => sum + (1 << COLUMNS.indexOf(name)), 0)),
    salt,
    waybillBytes(read.get("waybill")),
    integer(microseconds(read.get("at")), 8),
    integer(read.get("source"), 4),
    integer(read.get("row"), 8),
    bytes(ACTIONS.indexOf(action) + 1),
    H(utf8(read.get("actor"))),
    ...there.map((name) => columnBytes(read, name)),
  );
}

function verifyRead(proof, keys) {
  members(proof, ["wayseal_proof", "read", "salt", "page", "others", "leaf", "path", "checkpoint"]);
  const page = members(proof.get("page"), ["generation", "part", "page", "place"]);
  for (const value of [...page.values(), proof.get("leaf")]) require(isNumber(value, IN_READS), "a number");
  const [others, path] = [base64(proof.get("others")), hashes(proof.get("path"))];
  const place = Number(page.get("place"));
  require(others.length % 32 === 0 && others.length < 256 * 32 && place <= others.length / 32, "others");
  const own = readHash(proof.get("read"), hex(proof.get("salt"), 16));
  const point = openCheckpoint(proof.get("checkpoint"), keys);
  const leaf = leafHash(
    Buffer.concat([
      bytes(1, 1),
      integer(page.get("generation"), 8),
      integer(page.get("part"), 4),
      integer(page.get("page"), 4),
      integer(BigInt(others.length / 32 + 1), 2),
      others.subarray(0, 32 * place),
      own,
      others.subarray(32 * place),
    ]),
  );
  require(included(leaf, proof.get("leaf"), point.size, path, point.root), "the read is not what stands in the tree");
  return `read ${proof.get("read").get("waybill")} of ${point.origin}`;
}

// All of them

const KINDS = {
  wayseal_proof: verifyRead,
  wayseal_disclosure_proof: verifyEntry,
  wayseal_growth_proof: verifyGrowth,
  wayseal_report_proof: verifyReport,
};

function verifyProof(content, keys) {
  require(content.length <= 1 << 21, "too long");
  const proof = parse(decoded(content));
  require(proof instanceof Map, "no object");
  const kinds = Object.keys(KINDS).filter((name) => proof.has(name));
  require(kinds.length === 1 && proof.get(kinds[0]) === 1n, "no proof of a version that is known");
  return KINDS[kinds[0]](proof, keys);
}

const [keyFile, ...proofs] = process.argv.slice(2);
const keys = [publicKey(decoded(readFileSync(keyFile)))];
for (const name of proofs) {
  try {
    console.log(`holds: ${verifyProof(readFileSync(name), keys)}`);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    console.log(`refused: ${error.message}`);
    process.exitCode = 1;
  }
}
