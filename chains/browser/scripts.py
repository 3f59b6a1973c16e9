"""What is asked of a page, in JavaScript. A page may tamper with the answers, which say no more than the page does."""

TEXT = "most => (document.body ? document.body.innerText : '').slice(0, most)"
"""The text that is shown, at most so many characters of it."""

TITLE = "() => String(document.title).slice(0, 1000)"

LINKS = """most => [...document.querySelectorAll('a[href]')].filter(a => /^https?:/.test(a.href)).slice(0, most)
  .map(a => ({text: (a.innerText || a.title || '').trim().replace(/\\s+/g, ' ').slice(0, 300),
              url: a.href.slice(0, 8192)}))"""
"""The links that lead to pages: [{text, url}]."""

HEIGHT = "() => Math.max(document.documentElement.scrollHeight, document.body ? document.body.scrollHeight : 0)"

SCROLL = "top => window.scrollTo(0, top)"

MARKDOWN = r"""most => {
  const ignored = new Set(['SCRIPT', 'STYLE', 'NOSCRIPT', 'TEMPLATE', 'IFRAME', 'SVG', 'CANVAS', 'HEAD', 'OBJECT',
                           'SELECT', 'BUTTON', 'INPUT', 'TEXTAREA']);
  const blocks = new Set(['P', 'DIV', 'SECTION', 'ARTICLE', 'MAIN', 'HEADER', 'FOOTER', 'NAV', 'ASIDE', 'FORM', 'DL',
                          'DT', 'DD', 'FIGURE', 'FIGCAPTION', 'DETAILS', 'SUMMARY', 'ADDRESS', 'FIELDSET', 'BODY']);
  let nodes = 0;
  const line = text => text.replace(/\s+/g, ' ').trim();
  const inside = (node, depth) => [...node.childNodes].map(child => of(child, depth + 1)).join('');
  const block = text => text.trim() ? '\n\n' + text.trim() + '\n\n' : '';
  const around = (mark, text) => line(text) ? mark + line(text) + mark : '';
  const indented = (text, by) => text.replace(/\n(?=.)/g, '\n' + by);
  const fenced = text => { let fence = '```'; while (text.includes(fence)) fence += '`';
                           return '\n\n' + fence + '\n' + kept(text.replace(/\n+$/, '')) + '\n' + fence + '\n\n'; };
  const kept = text => text.replace(/\n/g, '\ue000').replace(/ /g, '\ue001');
  const freed = text => text.replace(/\ue000/g, '\n').replace(/\ue001/g, ' ');
  const list = (node, depth) => block([...node.children].map((item, n) => {
    const mark = node.tagName === 'OL' ? (n + (Number(node.start) || 1)) + '. ' : '- ';
    return mark + indented(tidy(inside(item, depth)).replace(/\n\n(?=( *)(-|\d+\.) )/g, '\n'), ' '.repeat(mark.length));
  }).filter(text => text.trim() !== '-').join('\n'));
  const table = (node, depth) => {
    const rows = [...node.rows].slice(0, 1000).map(row => [...row.cells].slice(0, 50)
      .map(cell => line(inside(cell, depth)).replace(/\|/g, '\\|')));
    if (!rows.length) return '';
    const width = Math.max(...rows.map(row => row.length));
    const written = row => '| ' + [...row, ...Array(width - row.length).fill('')].join(' | ') + ' |';
    return block([written(rows[0]), written(Array(width).fill('---')), ...rows.slice(1).map(written)].join('\n'));
  };
  const of = (node, depth) => {
    if (++nodes > 200000 || depth > 400) return '';
    if (node.nodeType === 3) return node.data.replace(/\s+/g, ' ');
    if (node.nodeType !== 1 || ignored.has(node.tagName.toUpperCase())) return '';
    const style = getComputedStyle(node);
    if (style.display === 'none' || style.visibility === 'hidden') return '';
    const name = node.tagName;
    if (/^H[1-6]$/.test(name)) { const text = line(inside(node, depth));
                                 return text ? block('#'.repeat(Number(name[1])) + ' ' + text) : ''; }
    if (name === 'BR') return '  \n';
    if (name === 'HR') return '\n\n---\n\n';
    if (name === 'PRE') return fenced(node.textContent);
    if (name === 'CODE' || name === 'KBD' || name === 'SAMP') return around('`', node.textContent);
    if (name === 'STRONG' || name === 'B') return around('**', inside(node, depth));
    if (name === 'EM' || name === 'I') return around('*', inside(node, depth));
    if (name === 'IMG') return node.alt && /^https?:/.test(node.src) ? `![${line(node.alt)}](${node.src})` : '';
    if (name === 'A') { const text = line(inside(node, depth));
                        return text && /^https?:/.test(node.href) ? `[${text}](${node.href})` : text; }
    if (name === 'UL' || name === 'OL') return list(node, depth);
    if (name === 'TABLE') return table(node, depth);
    if (name === 'BLOCKQUOTE') return block(tidy(inside(node, depth)).replace(/^/gm, '> ').replace(/^> $/gm, '>'));
    return blocks.has(name) || style.display === 'block' ? block(inside(node, depth)) : inside(node, depth);
  };
  const tidy = text => text.replace(/[ \t]+\n(?!\n*$)/g, m => m.startsWith('  ') ? '  \n' : '\n')
    .replace(/\n[ \t]+(?=[^\s\-\d])/g, '\n').replace(/(  )?\n\s*\n+/g, '\n\n').trim();
  return document.body ? freed(tidy(inside(document.body, 0))).slice(0, most) : '';
}"""
"""The page as Markdown."""
