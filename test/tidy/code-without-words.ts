// Blanks out comments, strings and regular expressions, so that a search finds code and not prose about it.

const beforeRegularExpression =
  /(?:^|[(,=:[!&|?{};+\-*<>~^%]|\b(?:return|typeof|case|in|of|do|else|yield|await))\s*$/;

/** The text with comments and the insides of quotes blanked; code within `${…}` and all line ends stay. */
export function codeWithoutWords(text: string): string {
  let code = '';
  let at = 0;
  // For each template that is open: how many braces are open inside its `${`.
  const templates: number[] = [];

  const blankTo = (end: number) => {
    code += text.slice(at, end).replace(/[^\n]/g, ' ');
    at = end;
  };
  const endOf = (pattern: RegExp) => {
    pattern.lastIndex = at;
    return pattern.test(text) ? pattern.lastIndex : text.length;
  };
  const blankTemplate = () => {
    blankTo(endOf(/(?:[^\\`$]|\\[\s\S]|\$(?!\{))*(?:`|\$\{)/y));
    if (text[at - 1] === '{') templates.push(0);
  };

  while (at < text.length) {
    const character = text[at]!;
    const two = text.slice(at, at + 2);
    if (two === '//') blankTo(endOf(/[^\n]*/y));
    else if (two === '/*') blankTo(endOf(/\/\*[\s\S]*?\*\//y));
    else if (character === "'") blankTo(endOf(/'(?:[^'\\\n]|\\[\s\S])*'?/y));
    else if (character === '"') blankTo(endOf(/"(?:[^"\\\n]|\\[\s\S])*"?/y));
    else if (character === '/' && beforeRegularExpression.test(code.slice(-20).replace(/\n/g, ';'))) {
      blankTo(endOf(/\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])*\/?[a-z]*/y));
    } else if (character === '`') {
      blankTo(at + 1);
      blankTemplate();
    } else if (character === '}' && templates.at(-1) === 0) {
      templates.pop();
      blankTo(at + 1);
      blankTemplate();
    } else {
      if (templates.length > 0 && character === '{') templates[templates.length - 1]!++;
      if (templates.length > 0 && character === '}') templates[templates.length - 1]!--;
      code += character;
      at++;
    }
  }
  return code;
}
