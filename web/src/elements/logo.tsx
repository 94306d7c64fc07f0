export function Logo() {
  return (
    <svg class="logo" viewBox="0 0 32 32" width="40" height="40" aria-hidden="true">
      <path d="M6 4h20a4 4 0 0 1 4 4v12a4 4 0 0 1-4 4H14l-6.6 5.3A.9.9 0 0 1 6 28.6V24a4 4 0 0 1-4-4V8a4 4 0 0 1 4-4Z" />
      <path class="logo-lines" d="M9 11.5h14M9 16.5h8.5" />
    </svg>
  );
}
