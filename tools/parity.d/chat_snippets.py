"""Small templates that together walk through what the interpreter knows, for chat_templates.py."""

VARIABLES = {
    "n": 7, "f": 2.5, "s": "Hello, World", "u": "Grüße 世界 👩‍🚀", "w": "  pad \n", "e": "", "t": True, "no": None,
    "l": [3, 1, 2], "ls": ["b", "A", "c", "a"], "d": {"b": 1, "a": [1, {"x": None}], "items": "key"},
    "p": [{"n": "x", "v": 2}, {"n": "y", "v": 1}, {"n": "X", "v": 3}, {"n": "z"}],
    "messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Ho"}],
    "m": "line one\n\n  line two\rline three\u2028end\n",
}

EXPRESSIONS = r"""
1 + 2 * 3
(1 + 2) * 3
7 // 2
-7 // 2
7 % 3
-7 % 3
7 / 2
6 / 2
2 ** 10
2 ** -1
2 ** 3 ** 2
-2 ** 2
7.5 // 2
-7.5 % 2
1e3
1.5e-7
123456789012345678
1_000
0x1f + 0b11 + 0o7
1e16
1e15
0.1 + 0.2
100000.0
1e22
5e-324
1 / 3
-0.0
1 < 2 < 3
1 < 3 < 2
1 == 1.0
true == 1
'a' < 'b'
[1, 2] < [1, 3]
(1, 2) == [1, 2]
{'a': 1, 'b': 2} == {'b': 2, 'a': 1}
'a' ~ 1 ~ none ~ true ~ 2.0
'a' + 'b' * 3
3 * 'ab'
[1] + [2, 3] * 2
(1,) + (2,)
'b' in 'abc'
'd' not in 'abc'
3 in l
'b' in d
'x' in d
1 in d.values()
not 1 in l
not true
n and s
e or 'default'
no or e or 0
e and n
'yes' if t else 'no'
'yes' if e
n is defined
missing is defined
missing is undefined
missing
missing.x
missing['x']
d.missing
d.missing is defined
d.missing.x
d['missing'] is none
d.a[1].x is none
d['items']
d.get('b')
d.get('z')
d.get('z', 5)
d.keys()
d.keys() | list
d.values() | list
d.items() | list
d | items | list
d | length
d
l
l[0]
l[-1]
l[5]
l[5] is defined
l[1:]
l[:-1]
l[::-1]
l[::2]
l[5:]
l[-2:]
s[0]
s[-1]
s[1:4]
s[::-1]
s[::3]
s[-3:-1]
s[100:]
s[:100]
s[3:1]
s[10:2:-2]
u[0:4]
u[::-1]
u[6]
u | length
u | upper
u | lower
'straße' | upper
'ÄÖÜ éà' | lower
'ñandú' | capitalize
s.upper()
s.lower()
s.title()
'don\'t stop-me (now)' | title
'don\'t stop-me'.title()
s | capitalize
'sWAP'.swapcase()
w.strip()
w | trim
w.lstrip()
w.rstrip()
'xxabxx'.strip('x')
'xyabyx' | trim('xy')
'abc'.strip('')
'\u3000x\u00a0\x1c'.strip()
s.split()
s.split(',')
s.split(', ', 1)
'a  b c'.split(' ')
'  a  b c '.split(none, 1)
'a,b,c'.rsplit(',', 1)
' a  b '.rsplit()
' a b c '.rsplit(none, 1)
''.split()
''.split(',')
m.splitlines()
m.splitlines(true)
s.startswith('Hell')
s.endswith('d')
s.startswith(('x', 'H'))
s.replace('l', 'L')
s.replace('l', 'L', 1)
s.replace('', '-')
s.replace('', '-', 2)
s | replace('o', '0')
s | replace('l', '_', 2)
1234 | replace(2, 'x')
s.find('o')
s.find('z')
s.rfind('o')
u.find('世')
s.index('W')
s.index('z')
s.count('l')
''.count('')
'-'.join(ls)
'-'.join([1])
s.partition(', ')
s.rpartition('o')
s.partition('z')
'abc'.removeprefix('a').removesuffix('c')
'7'.zfill(3) ~ '-7'.zfill(4)
'ab'.center(7, '*') ~ 'ab'.center(6) ~ '|'
'ab'.ljust(5) ~ '|' ~ 'ab'.rjust(5) ~ '|'
'12'.isdigit() ~ 'a1'.isalnum() ~ 'ab'.isalpha() ~ ' '.isspace() ~ 'AB'.isupper() ~ 'ab'.islower()
''.isdigit()
'{} {}'.format(1, 'b')
'{1} {0} {x}'.format(1, 'b', x=2)
'{0.role}'.format(messages)
'{0[role]} {0[content]!r}'.format(messages[0])
'{:>5}|{:<5}|{:^5}|{:05d}|{:.2f}|{:,}|{:x}'.format('a', 'b', 'c', 42, 3.14159, 1234567, 255)
'{{}}'.format()
'{'.format()
'{}'.format()
'%s is %d or %5.2f, %r %%' % ('x', 3, 2.5, 'y')
'%s' % 'one'
'%-5s|%5s|%05d|%x' | format('a', 'b', 42, 255)
'%(a)s' | format(a=1)
'%d' % 'x'
'%s %s' % ('x',)
ls | sort
ls | sort(case_sensitive=true)
ls | sort(reverse=true)
p | sort(attribute='v')
p[:3] | sort(attribute='v') | map(attribute='n') | list
p[:3] | sort(attribute='n,v') | map(attribute='v') | list
l | sort | join(',')
l | reverse | list
s | reverse
ls | unique | list
p | map(attribute='n') | unique | list
l | sum
p[:3] | sum(attribute='v')
l | max
l | min
ls | max
[] | max
p[:3] | max(attribute='v')
l | first
l | last
[] | first
[] | first is defined
s | first
d | first
l | join
l | join('-')
p | join(', ', attribute='n')
ls | join(1)
l | map('string') | join('+')
ls | map('upper') | list
p | map(attribute='v', default=0) | list
l | map('nope') | list
p | selectattr('v') | list | length
p | selectattr('n', 'equalto', 'x') | list
p | selectattr('v', 'defined') | map(attribute='v') | list
p | rejectattr('v', 'defined') | list
p | selectattr('v', '>', 1) | list
p[:3] | selectattr('v', '>', 1) | map(attribute='n') | list
l | select('odd') | list
l | reject('odd') | list
l | select | list
l | select('in', [1, 2]) | list
ls | select('equalto', 'b') | list
[1, [2]] | list
'abc' | list
d | list
range(5) | list
range(1, 10, 3) | list
range(5, 0, -2) | list
range(3)
range(3)[1]
range(5)[1:3] | list
range(1000000) | length
range(0) | length
n | string + 's'
n | float
'3.7' | int
'x' | int
'x' | int(5)
'ff' | int(base=16)
'0x1A' | int(0, 16)
' 12 ' | int
2.9 | int
-2.9 | int
none | int
'1e2' | float
'x' | float(1.5)
'inf' | float
-5 | abs
-5.5 | abs
2.5 | round
3.5 | round
2.675 | round(2)
1234.5 | round(-2)
7 | round
2.1 | round(0, 'ceil')
missing | default('x')
no | default('x')
no | default('x', true)
e | default('x', boolean=true)
e | d
d | tojson
d | tojson(indent=2)
[] | tojson(indent=2)
{} | tojson
[[], {}, [1]] | tojson(indent=4)
u | tojson
u | tojson(ensure_ascii=true)
'"\\/\n\r\t\b\f\x00\x1f\x7f<>&\'\u2028' | tojson
{'b': 1, 'a': 2} | tojson(sort_keys=true)
{'b': 1, 'a': 2} | tojson(separators=(',', ':'))
[1.0, 1e20, 1e-7, 0.1, true, none, 12345678901234567] | tojson
(1, 2) | tojson
{1: 2, true: 3, none: 4, 2.5: 5} | tojson
missing | tojson
l | map('string') | tojson
d.keys() | tojson
range(3) | tojson
m | indent
m | indent(2, true)
m | indent(2, blank=true)
m | indent('> ')
'' | indent(2, true)
'<a href="x">&\'' | escape
'<b>' | safe
'word ' * 30 | truncate(20)
'one two three four' | truncate(9)
'one two three four' | truncate(9, true)
'one two three four' | truncate(9, true, '…', 0)
'Hello big-world foo_bar 12' | wordcount
d | dictsort
{'b': 1, 'A': 2} | dictsort
{'b': 1, 'A': 2} | dictsort(true)
{'b': 1, 'A': 2} | dictsort(by='value', reverse=true)
[1, 2, 3, 4, 5] | batch(2) | list
[1, 2, 3, 4, 5] | batch(2, 0) | list
'x' | center(9)
d | attr('b')
n is number and f is float and n is integer
t is number
t is boolean and t is true and t is not false
1 is true
s is string and l is iterable and d is mapping
l is sequence and d is sequence and s is sequence
(l | map('string')) is sequence
(l | map('string')) is iterable
n is iterable
n is odd and 4 is even
9 is divisibleby 3
9 is divisibleby(2)
n is none
no is none
n is eq 7 and n is ne 8
n is gt 3 and n is lt 9 and n is ge 7 and n is le 7
n is sameas 7
3 is in l
'abc' is lower and 'ABC' is upper
range is callable
d.get is callable
'trim' is filter
'odd' is test
n is nope
n | nope
nope(1)
n(1)
no.x
no.x is defined
no['x']
n.x is defined
none is iterable
s.nope
s.nope is defined
s.nope()
l.append(1)
d.update({})
d.pop('b')
l.append is defined
l.index(1)
l.index(9)
l.count(1)
s.__class__
''.__class__.__mro__
d.__class__ is defined
dict(a=1, b=2)
dict([('a', 1), ['b', 2]])
dict({'a': 1}, b=2)
namespace(a=1).a
namespace({'a': 1}, b=2).b
namespace(_x=1)
namespace(a=1)
raise_exception('no!')
[1, 'a', none, true, 1.5, (1,), {'k': 'v'}]
'it\'s'
['it\'s', 'say "x"', 'both \' and "', 'tab\t', 'nl\n', 'back\\', 'é', '\x00', '\u200b']
'a' 'b' "c"
'\x41\u00e9\U0001F600\101\q'
[1, 2,]
(1)
(1,)
()
{'a': 1,}
{'a': 1}.a
{'a': {'b': [1, 2]}}['a'].b[1]
l.0
d.a.0
'%s' % none
none ~ ''
none + 'x'
1 + '1'
'1' + 1
missing + 1
missing ~ 'x'
'x' * missing
missing == missing
missing == none
missing in l
l in missing
missing | length
missing | list
missing | join
missing | upper
missing | trim ~ '|'
no | trim
no | length
n | length
n | list
1 // 0
1 % 0
1 / 0.0
1 is defined and 2
not n is none
- n
+ n
- f
-'a'
n if n > 3 else 'small' if n > 1 else 'tiny'
[n, s] if t else []
messages[0].role
messages[0]['content']
messages[-1]['role'] == 'assistant'
messages | map(attribute='content') | join(' / ')
messages | selectattr('role', 'equalto', 'user') | map(attribute='content') | first
messages | selectattr('role', 'in', ['user']) | list | length
(messages | last).content
messages[1:][0].content
d | string
t | string | lower
t | tojson
n | tojson ~ f | tojson
1, 2
s | length > 3 and s | upper | length == 12
[1, 2] == [1, 2.0]
'a' == 1
'a' < 1
[] == ()
none < 1
(1, 'a') < (1, 'b')
strftime_now('') | length
strftime_now('%Y') | length
strftime_now('100%%')
s[n]
s['x']
d[n]
d[[1]]
{[1]: 2}
l['x']
l[1.5]
l[true]
s[0:2:0]
l[none:2]
l['a':]
s.split('')
s.join(1)
loop
caller
varargs
1 +
(1
[1
{1
'x
foo bar
1 |
x is
1 = 2
a.b = 1
"""

BLOCKS = [
    "a\n{% if t %}\n  b\n{% endif %}\nc\n",
    "a\n  {% if t %}  \n  b\n  {% endif %}\nc\n\n",
    "a  {%- if t -%}  \n b \n {%- endif -%}  \nc",
    "a\n  {%+ if t %}b{% endif +%}\nc",
    "{% if t -%}\n\n  x\n\n{%- endif %}\n y",
    "  {# comment #}\nx {# more #} y {#- strip -#} z",
    "{#\n multi\n line #}\n\nx",
    "x {#- a -#}\n\n y",
    "{{ n }}\n{{ s }}\n",
    "{{- n -}}\n x {{ n -}} \n y",
    "  {{ n }}  ",
    "\n\n{{ n }}\n\n",
    "x\r\ny\rz\n",
    "{{ 'a\r\nb' }}",
    "{% raw %}{{ n }} {% if %}{% endraw %}",
    "a {%- raw -%}  {{ x }}  {%- endraw -%} b",
    "  {% raw %}\n x\n  {% endraw %}\ny",
    "{% raw %}x",
    "{{ '}}' }}{{ '%}' }}{% if '%}' %}x{% endif %}",
    "{{ {'a': {'b': 1}}.a.b }}{{ {'a': {'b': 1}} }}",
    "{ { } } {a} #} %} }}",
    "{% if n > 5 %}big{% elif n > 2 %}mid{% else %}small{% endif %}",
    "{% if missing %}x{% else %}y{% endif %}",
    "{% if n == 1 %}1{% elif n == 2 %}2{% endif %}|",
    "{% for x in l %}{{ x }},{% endfor %}",
    "{% for x in l %}\n  {{ x }}\n{% endfor %}\n",
    "{% for x in [] %}x{% else %}empty{% endfor %}",
    "{% for x in missing %}x{% else %}empty{% endfor %}",
    "{% for x in no %}x{% endfor %}",
    "{% for x in n %}x{% endfor %}",
    "{% for k in d %}{{ k }} {% endfor %}",
    "{% for k, v in d.items() %}{{ k }}={{ v }};{% endfor %}",
    "{% for k, v in d | dictsort %}{{ k }}={{ v }};{% endfor %}",
    "{% for c in u %}{{ c }}|{% endfor %}",
    "{% for x in ls %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }} {% endfor %}",
    "{% for x in ls %}{{ loop.previtem }}<{{ x }}>{{ loop.nextitem }} {% endfor %}",
    "{% for x in ls %}{{ loop.cycle('odd', 'even') }}{% if not loop.last %}, {% endif %}{% endfor %}",
    "{% for x in [1, 1, 2, 2, 1] %}{% if loop.changed(x) %}{{ x }}{% endif %}{% endfor %}",
    "{% for x in l if x > 1 %}{{ loop.index }}:{{ x }} {% else %}none{% endfor %}",
    "{% for x in l if x > 9 %}x{% else %}none{% endfor %}",
    "{% for x in range(10) %}{% if x == 2 %}{% continue %}{% endif %}{% if x == 5 %}{% break %}{% endif %}{{ x }}{% endfor %}",
    "{% for x in l %}{% for y in ls %}{{ loop.index }}{% if y == 'A' %}{% break %}{% endif %}{% endfor %}{{ loop.index }} {% endfor %}",
    "{% for x in l %}{% set y = x %}{% endfor %}{{ y }}",
    "{% set y = 0 %}{% for x in l %}{% set y = y + x %}{{ y }},{% endfor %}{{ y }}",
    "{% set ns = namespace(y=0) %}{% for x in l %}{% set ns.y = ns.y + x %}{% endfor %}{{ ns.y }}",
    "{% set ns = namespace(found=false) %}{% if t %}{% set ns.found = true %}{% endif %}{{ ns.found }}{{ ns.other is defined }}",
    "{% set n.x = 1 %}",
    "{% set ns = namespace() %}{% set ns._x = 1 %}",
    "{% if t %}{% set a = 1 %}{% endif %}{{ a }}",
    "{% if e %}{% set n = 1 %}{% endif %}{{ n }}",
    "{% for x in [1, 2] %}{% if x == 1 %}{% set q = 5 %}{% endif %}[{{ q }}]{% endfor %}",
    "{% set a, b = 1, 2 %}{{ a }}{{ b }}",
    "{% set a, b = [1] %}",
    "{% set (a, b) = (1, 2) %}{{ b }}{{ a }}",
    "{% set x %}  block {{ n }} {% endset %}[{{ x }}]",
    "{% set x | upper | trim %}  block {{ n }} {% endset %}[{{ x }}]",
    "{% set x %}{% set inner = 1 %}{% endset %}{{ inner is defined }}",
    "{% set x = 1 %}{% set x = x + 1 %}{{ x }}",
    "{% macro f(a, b=2) %}{{ a }}-{{ b }}{% endmacro %}{{ f(1) }} {{ f(1, 3) }} {{ f(b=1, a=2) }} {{ f() }}",
    "{% macro f(a) %}x{% endmacro %}{{ f(1, 2) }}",
    "{% macro f(a) %}x{% endmacro %}{{ f(b=2) }}",
    "{% macro f(a) %}x{% endmacro %}{{ f(1, a=2) }}",
    "{% macro f(a) %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ f(1, 2, 3, x=4) }}",
    "{% macro f(a=1, b) %}{% endmacro %}",
    "{% macro f(x) %}{% if x > 0 %}{{ x }}{{ f(x - 1) }}{% endif %}{% endmacro %}{{ f(3) }}",
    "{% macro f(x, r) %}{{ r(x) }}{% endmacro %}{% macro g(x) %}<{{ x }}>{% endmacro %}{{ f(1, g) }}",
    "{% macro f() %}{{ x }}{% endmacro %}{% set x = 1 %}{{ f() }}{% set x = 2 %}{{ f() }}",
    "{% macro f() %}{% set n = 99 %}{{ n }}{% endmacro %}{{ f() }}{{ n }}",
    "{% macro f() %}x{% endmacro %}{{ f() | upper }}{{ f() ~ 'y' }}{{ f() | length }}{{ f.name }}",
    "{% for x in l %}{% macro f() %}{{ x }}{% endmacro %}{{ f() }}{% endfor %}",
    "{% macro f() %}[{{ caller() }}]{% endmacro %}{% call f() %}inner {{ n }}{% endcall %}",
    "{% macro f(l) %}{% for x in l %}{{ caller(x, loop.index) }}{% endfor %}{% endmacro %}{% call(x, i) f(ls) %}{{ i }}{{ x }} {% endcall %}",
    "{% macro f() %}{{ caller is defined }}{% endmacro %}{{ f() }}",
    "{% macro f(a) %}{% endmacro %}{% call f(1) %}x{% endcall %}",
    "{% filter upper %}abc {{ s }}{% endfilter %}",
    "{% filter replace('a', 'b') | upper %}aaa{% endfilter %}",
    "{% with a = 1, b = n %}{{ a }}{{ b }}{% endwith %}{{ a }}",
    "{% with %}{% set z = 1 %}{{ z }}{% endwith %}{{ z is defined }}",
    "{% for x in [[1, [2, []]], [3, []]] recursive %}{{ x[0] }}{% if x[1:] %}({{ loop(x[1:]) }}){% endif %}{% endfor %}",
    "{% for x in [1, [2, [3]]] recursive %}{% if x is iterable %}<{{ loop.depth }}{{ loop(x) }}>{% else %}{{ x }}{% endif %}{% endfor %}",
    "{% generation %}x{{ n }}{% set g = 1 %}{% endgeneration %}{{ g is defined }}",
    "{% for m in messages %}{% generation %}{{ m.content }}{{ loop.index }}{% endgeneration %}{% endfor %}",
    "{% for m in messages %}{{ m.role }}: {{ m['content'] | trim }}\n{% endfor %}",
    "{% for a, b in [[1, 2], [3, 4]] %}{{ a + b }} {% endfor %}",
    "{% for a, (b, c) in [[1, [2, 3]]] %}{{ a }}{{ b }}{{ c }}{% endfor %}",
    "{% set it = l | map('string') %}{{ it | join }}|{{ it | join }}",
    "{% set it = l | select %}{% if it %}yes{% endif %}{{ it | list | length }}",
    "{% if (l | select('>', 9)) %}generator{% endif %}{% if (l | select('>', 9) | list) %}list{% endif %}",
    "{% set x = {'a': 1} %}{% set y = dict(x, b=2) %}{{ y }}{{ x }}",
    "{% set messages = messages[1:] %}{{ messages | length }}",
    "{% set loop_messages = messages %}{% for message in loop_messages %}{% set content = message['role'] + ':' + message['content'] | trim %}{% if loop.index0 == 0 %}{% set content = '<s>' + content %}{% endif %}{{ content }}{% endfor %}",
    "{%- if tools is defined and tools -%}x{%- else -%}y{%- endif -%}",
    "{{ n -}}   {{- s }}",
    "{% for x in l -%}\n {{ x }}\n{%- endfor %}",
    "{%for x in l%}{{x}}{%endfor%}",
    "{{n}}{{s|upper}}",
    "{{ s |\n upper\n }}",
    "{% print n %}",
    "{% do l %}",
    "{% nope %}",
    "{% endif %}",
    "{% if t %}",
    "{% if t %}{% endfor %}",
    "{% for x in l %}",
    "{% for in l %}{% endfor %}",
    "{% break %}",
    "{% include 'x' %}",
    "{% set %}",
    "{% set true = 1 %}",
    "{{ }}",
    "{{ n ",
    "{% if t ",
    "{# x",
    "{{ n }",
    "{{ 1 ] }}",
    "{{ $ }}",
    "{% macro f( %}{% endmacro %}",
    "",
    "\n",
    "{",
    "{{ '{{' }}",
    "{% set a = 'x' if false %}{{ a is defined }}",
    "{% for i in range(3) %}{{ i }}{{ ',' if not loop.last }}{% endfor %}",
    "{% if n is not none and n is not string %}ok{% endif %}",
    "{% if 'x' is in 'xyz' %}ok{% endif %}",
    "{% if not (n == 7) or s %}ok{% endif %}",
    "{{ loop_missing.index }}",
    "{% for x in l %}{{ loop }}{% endfor %}",
    "{% for x in l %}{{ loop.nope }}{% endfor %}",
    "{% for item in p %}{{ item.n }}{{ item.v | default('-') }}{% endfor %}",
    "{{ p | map(attribute='n') | map('upper') | join(', ') }}",
    "{% set ns = namespace(l=[]) %}{% for x in l %}{% set ns.l = ns.l + [x * 2] %}{% endfor %}{{ ns.l }}",
    "{{ ('a', 'b') | join }}{{ {'x': 1} | join }}",
    "{% set a = namespace(x=namespace(y=1)) %}{{ a.x.y }}{{ a['x']['y'] }}",
    "{% for x in d.items() %}{{ x }}{{ x[0] }}{% endfor %}",
    "{{ d.items() }}{{ d.values() }}",
    "{{ [1, 2, 3] | map('string') | list | tojson }}",
    "{% macro t(x, n=0) -%}\n{%- for k, v in x.items() %}\n{{ '  ' * n }}{{ k }}: {% if v is mapping %}{{ t(v, n + 1) }}{% else %}{{ v }}{% endif %}\n{%- endfor %}\n{%- endmacro %}{{ t({'a': {'b': {'c': 1}}, 'd': 2}) }}",
]

SNIPPETS = ["{{ " + line + " }}" for line in EXPRESSIONS.strip("\n").split("\n")] + BLOCKS
