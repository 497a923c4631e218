// The models Muster brings along, as ONNX bytes with seeded initial weights.
export { cnn } from './cnn.ts';
export { lstm, type LstmOptions } from './lstm.ts';
export { mlp, type MlpOptions } from './mlp.ts';
export { initialParameters, type InitialParameter, type Parameter } from '../train/graph/index.ts';
