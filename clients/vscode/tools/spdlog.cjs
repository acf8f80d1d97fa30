/** VS Code's logger without its native half, which the registries carry only as sources: plain appends to the file. */

const { appendFileSync, mkdirSync } = require("node:fs");
const path = require("node:path");

const LEVELS = ["trace", "debug", "info", "warn", "error", "critical"];

class Logger {
  constructor(_type, _name, file) {
    this.file = file;
    this.level = 2;
    mkdirSync(path.dirname(file), { recursive: true });
  }

  getLevel() {
    return this.level;
  }

  setLevel(level) {
    this.level = level;
  }

  setPattern() {}

  clearFormatters() {
    this.plain = true;
  }

  flush() {}

  drop() {}
}

for (const [level, name] of LEVELS.entries()) {
  Logger.prototype[name] = function write(message) {
    if (level < this.level) return;
    const head = this.plain ? "" : `${new Date().toISOString().replace("T", " ").replace("Z", "")} [${name}] `;
    appendFileSync(this.file, `${head}${message}${this.plain ? "" : "\n"}`);
  };
}

exports.version = 0;
exports.Logger = Logger;
exports.setLevel = () => undefined;
exports.setFlushOn = () => undefined;
exports.createRotatingLogger = async (...args) => new Logger("rotating", ...args);
exports.createAsyncRotatingLogger = exports.createRotatingLogger;
