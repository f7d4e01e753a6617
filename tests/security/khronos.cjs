// Asks the Khronos glTF validator about one asset a line: JSON in, JSON out.
// In: {data: base64, packed: bool, folder: string or null}. Out: {messages: […]} or {crash: string}.
const fs = require("fs");
const path = require("path");
const readline = require("readline");
const validator = require("gltf-validator");

function reader(folder) {
  return async (uri) => {
    const file = path.resolve(folder, decodeURIComponent(uri));
    if (path.dirname(file) !== path.resolve(folder)) throw new Error("elsewhere");
    return new Uint8Array(fs.readFileSync(file));
  };
}

async function validate({ data, packed, folder, limit }) {
  const options = { format: packed ? "glb" : "gltf", maxIssues: 0, writeTimestamp: false };
  if (folder) options.externalResourceFunction = reader(folder);
  const bytes = new Uint8Array(Buffer.from(data, "base64"));
  const start = process.hrtime.bigint();
  try {
    const report = await validator.validateBytes(bytes, options);
    const ms = Number(process.hrtime.bigint() - start) / 1e6;
    return { messages: report.issues.messages, ms };
  } catch (error) {
    return { crash: String(error).split("\n")[0], ends: false };
  }
}

// What is thrown where nobody waits for it ends the process; it is started again.
process.on("uncaughtException", (error) => {
  fs.writeSync(1, JSON.stringify({ crash: String(error).split("\n")[0], ends: true }) + "\n");
  process.exit(1);
});

(async () => {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    process.stdout.write(JSON.stringify(await validate(JSON.parse(line))) + "\n");
  }
})();
