import { parleyApp } from './parley-app.ts';

try {
  parleyApp().synth();
} catch (error) {
  // A setting or a bundle that is missing is the reader's to mend; a stack trace would hide the sentence.
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
