/** A function of small integers whose answers are kept: what ids stand for is read once, however many rows have them. */
export function remembered<T>(of: (id: number) => T): (id: number) => T {
  const answers = new Map<number, T>();
  return (id) => {
    let answer = answers.get(id);
    if (answer === undefined) {
      answer = of(id);
      answers.set(id, answer);
    }
    return answer;
  };
}
