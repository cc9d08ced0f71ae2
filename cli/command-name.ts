/** How the user can type this command: through npx when npm started it. */
export function commandName(env: NodeJS.ProcessEnv): string {
  return env['npm_command'] === undefined ? 'holdfast' : 'npx holdfast';
}
