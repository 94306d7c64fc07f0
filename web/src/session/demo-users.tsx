/** Set in index.html by the embedded runtime, where it has made demo users: `{"usernames":[…],"password":"…"}`. */
function demo(): { usernames: string[]; password: string } | undefined {
  const content = document.querySelector<HTMLMetaElement>('meta[name="parley-demo"]')?.content;
  // The page comes from the same server as this script, which wrote it in the shape above.
  return content ? (JSON.parse(content) as { usernames: string[]; password: string }) : undefined;
}

export function DemoUsers({ onPick }: { onPick(user: { username: string; password: string }): void }) {
  const users = demo();
  if (users === undefined) return null;
  const { usernames, password } = users;
  return (
    <fieldset class="demo-users">
      <legend>Try it as a demo user:</legend>
      <div>
        {usernames.map((username) => (
          <button
            key={username}
            type="submit"
            class="button small"
            onClick={() => onPick({ username, password })}
          >
            {username}
          </button>
        ))}
      </div>
    </fieldset>
  );
}
