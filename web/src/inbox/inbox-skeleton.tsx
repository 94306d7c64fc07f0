const ROWS = [64, 48, 72, 56, 40];

/** The shape of the inbox, until it is there. */
export function InboxSkeleton() {
  return (
    <div class="skeleton" role="status" aria-label="Loading conversations">
      {ROWS.map((width) => (
        <div class="skeleton-row" key={width} aria-hidden="true">
          <span class="skeleton-avatar" />
          <span class="skeleton-lines">
            <i style={{ width: `${width - 15}%` }} />
            <i style={{ width: `${width + 20}%` }} />
          </span>
        </div>
      ))}
    </div>
  );
}
