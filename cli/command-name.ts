/** How the user can type this command: through npx when npm started it. */
export function commandName(env: NodeJS.ProcessEnv): string {
  return env['npm_command'] === undefined ? 'holdfast' : 'npx holdfast';
}

/** Messages name commands as an installed Holdfast has them; started by npm, they need npx. */
export function asTyped(text: string, env: NodeJS.ProcessEnv): string {
  const command =
    /(?<!npx )\bholdfast (?=(?:up|worker|gateway|complete|attempts|cancel|replay|config|breakers|failures|alerts|keys)\b)/g;
  return text.replaceAll(command, `${commandName(env)} `);
}
