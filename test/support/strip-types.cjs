// Jest transform: Node's own type stripping. It blanks types in place, so line and column numbers stay those of the source.
const { createHash } = require('node:crypto');
const { stripTypeScriptTypes } = require('node:module');

module.exports = {
  process: (source, file) => ({ code: file.endsWith('.ts') ? stripTypeScriptTypes(source) : source }),
  getCacheKey: (source, file) => createHash('sha256').update(process.version).update(file).update(source).digest('hex'),
};
