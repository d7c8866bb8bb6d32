/** As Discord's own client makes them: a snowflake of now. */
export function newNonce(): string {
  const time = BigInt(Date.now() - 1_420_070_400_000) << 22n
  return String(time + BigInt(Math.floor(Math.random() * 2 ** 22)))
}
