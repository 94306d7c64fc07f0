export * from './api-sketch.ts';
export type * from './protocol.ts';
