// Jest environment: the sandbox shares the typed arrays of the host, or native modules (ONNX Runtime) refuse its tensors.
const { TestEnvironment } = require('jest-environment-node');

module.exports = class extends TestEnvironment {
  constructor(config, context) {
    super(config, context);
    const host = { Float32Array, Float64Array, BigInt64Array, BigUint64Array, Int32Array, Uint32Array, Int8Array };
    Object.assign(this.global, host, { Int16Array, Uint16Array, Uint8Array, Uint8ClampedArray, ArrayBuffer });
  }
};
