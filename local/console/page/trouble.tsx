/** Nothing while all is well. */
export function Trouble({ error }: { error: string | undefined }) {
  return error === undefined ? null : (
    <p class="trouble" role="alert">
      The runtime does not answer ({error}). Is it still running? What is shown is of before.
    </p>
  );
}
