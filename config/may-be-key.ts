/** True for text that looks like a vendor's key: a known beginning, or a long run of letters and digits mixed. */
export function mayBeKey(text: string): boolean {
  return (
    /(^|\W)(sk|pk|rk|gsk|xai|hf|r8|tgp)[-_]\w/i.test(text) ||
    /AIza|Bearer/i.test(text) ||
    /(?=[A-Za-z_]*\d)(?=\d*[A-Za-z_])\w{20,}/.test(text)
  );
}
