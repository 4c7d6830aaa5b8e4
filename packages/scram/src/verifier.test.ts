// Verifiers against ones that real servers made, recorded so that no server is needed here.
import { expect, test } from 'vitest';
import { buildVerifier, buildVerifierAsync, formatVerifier, parseVerifier } from './verifier.ts';

// `CREATE ROLE … PASSWORD` on PostgreSQL 15.20, then pg_authid.rolpassword. All but the plain ones try SASLprep.
const madeBy15: [string, string, string][] = [
  [
    'plain ascii',
    'secret',
    'SCRAM-SHA-256$4096:TWP7VJ5U9IpXbl0aRTMbAQ==$cSXWoz/Q/zaRatgukkXEVQl728Ng9QqvoWZoxHh57r4=:efK6paINE4V7W8adobTXnS3gov4vsZEZ9IW+qXGy0RM=',
  ],
  [
    'a long one',
    'x'.repeat(300),
    'SCRAM-SHA-256$4096:m55OvQn5Kr23l0hfT14ApA==$MTOFrFWg6vFwjnPlozzHVjySTkrTohb9PFG03Y0vkdw=:RXfLeMNT2lPw3livYU0P+rUZKmlqQLrXRmpfCL1ioq4=',
  ],
  [
    'ascii with control characters',
    'tab\u0009here\u007f\u0001',
    'SCRAM-SHA-256$4096:QuEmFN77R8OG4m79Co65vQ==$MXHiiybnIkfUXsQVFK8DlbfAQSD6cT4uOushEKsrPtY=:KDOVcudLmXMvWU80q2j0HfJotiP/wJMLsVzjXjJ4YaE=',
  ],
  [
    'composed letters',
    'p\u00e4ssw\u00f6rd',
    'SCRAM-SHA-256$4096:O0EvBSoUJnytkksBCEseZQ==$M703is/WZGOVLpgsc6LtHlM49r/KICunhxMcYU/qGRY=:FRZtyMgFlxbDMJDbuDIrjt1hvatN7Ei++/GdlAYyJ5c=',
  ],
  [
    'decomposed letters',
    'pa\u0308sswo\u0308rd',
    'SCRAM-SHA-256$4096:w18zmfd9hWQQw8J6MkJOJw==$nj6VDuXJXYKcTCe7VQFsou6U5c3qWlRS3RGO/4PviRM=:3dgn/7Q6HwfeZEMzstdMB8nfne4EOuVUEBsukYZditI=',
  ],
  [
    'a ligature and roman numeral',
    '\ufb01le \u2168',
    'SCRAM-SHA-256$4096:iHsgAezQoKsaItei99hh7g==$DcdEkJo7MzqbLikYLAX7gZDY+y6pUxZ/T2oc/ryowmo=:GpWXT3yWohhXmSwAiKqbWFzL4kgkXobiK6k0s2raGuA=',
  ],
  [
    'no-break and ideographic spaces',
    'a\u00a0b\u3000c',
    'SCRAM-SHA-256$4096:T2pAWc4LeAH375tHlf61AQ==$EPESk61L/j2I8DOrijHDL8WEZQWghKdyADc0yWoObMU=:T2HxkYs7OZ2C/PEajwNQFmWM3OEd1ElAsHdi3PqJMCU=',
  ],
  [
    'zero width space',
    'a\u200bb',
    'SCRAM-SHA-256$4096:8TbAtn2YXWjWEZXyvz1jJQ==$FcLPf1aG6EdNkckfgBgCf5LPuE+KdH9T2gZY/K69GwA=:kw5hhNNcUrJ3Dz0e1avTwEoD7ppKSoggRlwqGeHeMOw=',
  ],
  [
    'soft hyphen and joiner, left out',
    'a\u00adb\u200dc\ufeff',
    'SCRAM-SHA-256$4096:fVNP2Xj9yCpC3Vc3tQV0CA==$oCp+U87dGxwOvvNoSfu7XR9d08f4ENEYQinvjbdrkl8=:pKK0cyMpEr8aa+wjoEEecZWZAih4Pau1WWpKzda4FpU=',
  ],
  [
    'nothing but a soft hyphen',
    '\u00ad',
    'SCRAM-SHA-256$4096:j5+MHZJ+ZHIjf/emuYKvJw==$l2IQHeX2hzkmLLuOHEWg3VAyF1JsHx/4kcx6o3+IN0Q=:XPmI/Z51fWLKD/oYDQOYjOn24GziBUrCcxWTvizAd4M=',
  ],
  [
    'control character beyond ascii',
    'a\u0085\u00e4',
    'SCRAM-SHA-256$4096:Rd3ei75ShKXthjmCYe0Cdw==$ChF9ajFIw5pSJwUXMgqCMSy56tONfbWP5aldj2r3ppw=:4eqcCukHdfDjUMG0s78HXN4KTw62hUDx/KxSI79+qSg=',
  ],
  [
    'private use',
    '\ue000\u00aa',
    'SCRAM-SHA-256$4096:4E53lhChyDR95E02U/N6JQ==$kpsV0GGr99T22U+HYiAaWqrhOSt2rk4FCBw+mFZV5+Q=:fvUKu/IiUaAwtwbHKkhMhA6WwcyVPSj4rQqB1w4ouPE=',
  ],
  [
    'replacement character',
    '\ufffd\u00aa',
    'SCRAM-SHA-256$4096:MPxgCE6jxHfjYiF20LfQ+w==$Z2EMN5GAfyGlmv3UFDqIKGfALQA3ve1tmzAE9XOaTuo=:xreoHnbmhPk5cgpo+3Tp8rZ3OB27Mdiqfaga3J5/d4w=',
  ],
  [
    'assigned after Unicode 3.2',
    '\u0221\u00aa',
    'SCRAM-SHA-256$4096:+SKrj/yFxUFmrjbchzcTRA==$3iuQn2FJj6hWvPm+7CgMuIauUUavAamrdJw03sBvRIc=:D8tVl00k/9malaqg77uw5Dwkhr/jVSaULAjFKU2VGps=',
  ],
  [
    'emoji',
    '\u{1f600}\u00aa',
    'SCRAM-SHA-256$4096:7TqxocxztEErWDb65vVBaQ==$NwwZ3WrnFgiEfuzwgsc59dsEvWolCI4qkvMk19htnvc=:eGOjwyD58TorXhb6g2OZFMbI8JHX9hFrKE1xhCv2E5U=',
  ],
  [
    'an ascii control character beside a letter that would change',
    '\u0007\u00aa',
    'SCRAM-SHA-256$4096:Z4NHkmJM3gY4595tyY1qpw==$PekUZQy5FPSQzjX7oRnq3LDvQEFI8GdUm4AzQSScC58=:RxaV0nPnyoTNKBujRoUFI7KTkWAdmhO9c17PT9J3yoU=',
  ],
  [
    'right to left',
    '\u05d0\u05d1\ufb20',
    'SCRAM-SHA-256$4096:fxcMeJPgNWYBKY1QCkS3NA==$mmpWJZUzUkHdhyJ7gDLLsPCuh8BXEZqaHjW7JtfTvkw=:kEgeX5wovAsdYz6ChQT3wycg17jryhnClsTyfYyxc+M=',
  ],
  [
    'right to left with a latin letter in it',
    '\u05d0x\u05d1\u00aa',
    'SCRAM-SHA-256$4096:rKrDqhEDma4u9XeQr6q7Pw==$L2TSzysbw1jo/pFXPx71gu5dooSqPc3bQR4UDq6WLgc=:iXP+9gyMRgQw63xVNXRYqalzSGAhO6lUDAJExsop7ys=',
  ],
  [
    'right to left that ends in a digit',
    '\u0627\u0661\u00b2',
    'SCRAM-SHA-256$4096:OXRLGEOFEiOAgkVs/jwtkQ==$pAIO80WlOK/SW2Y3XvyuoRxjedFdjxNKwBljmAlluTg=:c3PUq77XZ65QZpFfspliZFsTaQk2MxJdAVK/9mCpDQk=',
  ],
  [
    'right to left with a digit inside',
    '\u0627\u00b2\u0628',
    'SCRAM-SHA-256$4096:45+sDDEo9tXhfUyDdrTf0g==$YmrZCE/huN0rP0VtEce/FaJy+4yv+qHcqYAA942LqZk=:gPv74dVHGIqKxjCoqIkCA4l4TfpvEijkh37cMiTqqnM=',
  ],
  [
    'tag character',
    'a\u{e0001}\u00aa',
    'SCRAM-SHA-256$4096:fsIA/7K7Zv2GI9SnpuuwlA==$5IeHuTGBVBEt7UnFuozeV/V5eBBld6OA0JBuaa7Isu0=:xWwRXtQiGWmmpujNR2Zz9xnsJhts9rm577LGLRJjYaI=',
  ],
  [
    'angstrom sign',
    '\u212b',
    'SCRAM-SHA-256$4096:CwPi660iAlsHbj8+0zT8kg==$DWbqWhrIBMuhDc8Ksg69/aR2REIA0ZMR6yQ31DZngEI=:8BuKPKX7kI6MCDRag7IzxFcO+ZXxOxop8PxuBLoKlmE=',
  ],
  [
    'a ligature that expands',
    '\ufdfa',
    'SCRAM-SHA-256$4096:S4W8rqoNGmFLXOoWmicSVQ==$Q1txOuCEdWRwiVP3vLo6ji97GdKK2x/LBM3RxT1EjLU=:2rTXQBk0r3ngTMBGsuAy88GWiwszcK+hdHVeI7f4eh0=',
  ],
  [
    'hangul letters that compose',
    '\u1112\u1161\u11ab',
    'SCRAM-SHA-256$4096:Hgpiw0n1x4DBV1XQ23oJWQ==$uvF1COGpAf9Qz6Lx2Smfn4Ue53VGYcvkryA0BfJUqe0=:O87HrWAERJt47JpXsAxanBNGZasA3VP2mg8MR+39e1E=',
  ],
  [
    'half-width katakana',
    '\uff76\uff9e',
    'SCRAM-SHA-256$4096:9LS4D9RG8g+cPLM8uBIO8w==$t+jkYgmTPFFAsFl0Rre6A3EFfYX/wpCEbbpWJp5dir4=:FLz1hieIu8vAwmCaXUQks1HthW/sR7z/kxzanxgJa4Y=',
  ],
  [
    'a compatibility ideograph',
    '\uf900\u{2f868}',
    'SCRAM-SHA-256$4096:N1lz+ndQNNq8Vdv2fbDkyA==$+CYWjz1uygvVvVzKzcACoX6mHPgKJQKOiv18+6CwMM8=:gXzqtCI//TstC7JFQjWXp6D4Pf5ddZwYHhdFyDj4Bbk=',
  ],
];

// The same on PostgreSQL 18.4, the last one after SET scram_iterations = 1000.
const madeBy18: [string, string, string][] = [
  [
    'plain ascii',
    'secret',
    'SCRAM-SHA-256$4096:0pH6M63mKfAX5Nc5VQJ02Q==$iQUfGWiIHdJu0m2BcudD1ccoqJZVN9zM6PzBvTWsGJE=:TFJiBxr7AAIj9RahJlfcoTkRSR9uIJ8FjidWGjo0wzs=',
  ],
  [
    'a long one',
    'x'.repeat(300),
    'SCRAM-SHA-256$4096:iB3oDcMfnv3/LjkxsoIB7w==$KiBvNgFXEKP+dY8fb4UcV8EXrQvaxdUHcOvx1NXsXJI=:Xc9E8OupnI3zxuzvXEo4Y4XmH9AE1ss4E76jq2HHxkk=',
  ],
  [
    'ascii with control characters',
    'tab\u0009here\u007f\u0001',
    'SCRAM-SHA-256$4096:NvGXrNDb3Yj/wYGI9PG20g==$04GoWx3/J6JpoLJGNiKAc+yUIcvZ3oiim4WmnLdZf+U=:9as2Mj4doIg6DcGqvnsB0ZBF2WYHfd7rCCcPEyRfOuo=',
  ],
  [
    'composed letters',
    'p\u00e4ssw\u00f6rd',
    'SCRAM-SHA-256$4096:zv9QTSq8NZouxuNoURjnAQ==$XC6Y7r6tRySjw930LX4kPUJixPh248IvFgjlCpcfgxk=:hzijE3xIy90jrBTX2fCx1ilaCQlX8ymhO6oPr+fDsr8=',
  ],
  [
    'decomposed letters',
    'pa\u0308sswo\u0308rd',
    'SCRAM-SHA-256$4096:gsJfLc+n8te7IpPXclV9mA==$+U3Hn2gqTKrAABEClvNdJPNKMD8ipdjcVEl9dEWCmZE=:TjKm7wb/QMkCvzYgE9+AQdT221IFUc76jSm9l8UtOms=',
  ],
  [
    'a ligature and roman numeral',
    '\ufb01le \u2168',
    'SCRAM-SHA-256$4096:eXaGoVcSraDFiUHCS9JKsA==$NI0Gk6rws8PyvSj4XazCn8v/IMY21KvIqSIGpu9vQFs=:ePICa79DeSUPRNBeAzqKIJLro1xNmUB9SrLRgKMeAwc=',
  ],
  [
    'no-break and ideographic spaces',
    'a\u00a0b\u3000c',
    'SCRAM-SHA-256$4096:btE3IsUx32rVmdAC3WA5tQ==$4MhaboV48hg40B552nupsuu8idt8RYKVb8USSkobNWE=:HzupJd1raqqxHGWquiGWxWuLuBLjvr16GxrU1QyYk0A=',
  ],
  [
    'zero width space',
    'a\u200bb',
    'SCRAM-SHA-256$4096:htq6GVzCum4REMS/6xNK1Q==$ymWF6xlZqdgo4OgXbhLtAWMrMxvTSXU3LWSBHSkpwv4=:t5dINNC6is2AaiZCdQWdwPnLtXVw7NaBqoUODls96ss=',
  ],
  [
    'soft hyphen and joiner, left out',
    'a\u00adb\u200dc\ufeff',
    'SCRAM-SHA-256$4096:xD/tcveZwUhESkF2mjSUJQ==$twjaXdxaLRyL89jOGkJwATfxQSa7CDW8e0XC9wckIl4=:+PyhHnqjUMfI/lsqs3Jv5EEyccYtX+7pzasr3BmvX3U=',
  ],
  [
    'nothing but a soft hyphen',
    '\u00ad',
    'SCRAM-SHA-256$4096:HcaJHKOj8MekaBke+ugq6w==$w/N+E6Tbf3I+P0jMTflCf7NkWUcR23P2AkHJV2lOzDc=:3wM6w3uVlrSfIFeJiZIUYHvLEjOFmUh9ssG9Y6rFPrw=',
  ],
  [
    'control character beyond ascii',
    'a\u0085\u00e4',
    'SCRAM-SHA-256$4096:YuCVepZ8yuixi60pbwj9dA==$qSM19oWjdjxgXfVoDFWzWGbjJcZNK45cJT2NZr4TuC8=:JaBfjF7OtGlEwz8TiLzYgN7FlTmXqGY32RyXtXLwdAw=',
  ],
  [
    'private use',
    '\ue000\u00aa',
    'SCRAM-SHA-256$4096:Op+9jqAM0t5YNaIjleHv2Q==$hKEDzBGZWBcKw1Lt/nV+qPYhNDf0x4aQbFQALdvCpps=:5GQ9GeMO1ZMq5KfTWMFFqIZHArm3uSPAxdvcircLaWQ=',
  ],
  [
    'replacement character',
    '\ufffd\u00aa',
    'SCRAM-SHA-256$4096:5LzL4zUOqpjETg+V4FdRXQ==$B7U+ePks4f0lJD9G0Hyc5k1PbA5nQ+AmemgFDjgpxrI=:Mpvfm27ps4K/Epbgd6CLPqMi87tTWpQXwIZeehn0ccg=',
  ],
  [
    'assigned after Unicode 3.2',
    '\u0221\u00aa',
    'SCRAM-SHA-256$4096:1ObzxTvRw9OkOomdBdZXPQ==$227Y+jHoO/jpuz79K9T8g621/FBi5sCSM+ZdbOuCp+w=:tMTMKves2hz66AHU888Jm+FI+g2TC3lrBzQzwV9ML1E=',
  ],
  [
    'emoji',
    '\u{1f600}\u00aa',
    'SCRAM-SHA-256$4096:AIZOUdDVqOwfiDH/bhI7gw==$IgqwmMPypzoWEBL+uqjsLgLh5Tzug0UHTVRWsWBlAM4=:Qz3tMmWb5vTB7BmkpBAyixpzi/wfFvT0F7K3m6p0kCA=',
  ],
  [
    'an ascii control character beside a letter that would change',
    '\u0007\u00aa',
    'SCRAM-SHA-256$4096:lt8dQReliOdY7OJkc3G4UQ==$fFLwtUu6CaPEFaarR6xQ8VqwmM55yIphLMnDRYwOCgk=:cNpjs4WHlYSuUDNpPZW+eAeQ5gOAU0psyT7YVHbDiy4=',
  ],
  [
    'right to left',
    '\u05d0\u05d1\ufb20',
    'SCRAM-SHA-256$4096:iSG6j2x7WukK7kYORCILog==$SYnIOyMQtws7GgXeUTQRDfo6yxDJz0CVLR/q6d/qNvI=:5Lyq+Q9OwgAKRzrWnjlXlJP+RGHGnneE+Q4Elq/5AW8=',
  ],
  [
    'right to left with a latin letter in it',
    '\u05d0x\u05d1\u00aa',
    'SCRAM-SHA-256$4096:Ui0rLurWQgTVxDDITE+aQA==$S0JQ0r73+VZhd58tfILoMhsY94QqYKPDOCKH04XW5P0=:nWagSUI55XfeteQ6GL8cfTUGztk6sYeeOdYrA6WqeRk=',
  ],
  [
    'right to left that ends in a digit',
    '\u0627\u0661\u00b2',
    'SCRAM-SHA-256$4096:U8aotR1NznT5WhzPAHOezw==$fyYXmlJ5+LKpaXJk+4Vwi25iJTFzJWJ1V4UwZmQa92o=:GKrX0QDCXSI/+RxMIaUySsCIQvPO6G4v+8NOkF7Bgrc=',
  ],
  [
    'right to left with a digit inside',
    '\u0627\u00b2\u0628',
    'SCRAM-SHA-256$4096:dxEOfvsZ4yFIflJtnVkSTQ==$pV5mrf5goXbMntfEJHUTVXRd/HCy9csl2UwaGBXe2xg=:7Nqwt48AaH3r0Qd3Uc7k0WwMAMRxlXSeaMk+HQAXYrE=',
  ],
  [
    'tag character',
    'a\u{e0001}\u00aa',
    'SCRAM-SHA-256$4096:Dgfl5KWuJEI6ztBxVz3MUw==$p4R1YbellxAJB1N1rYKJ2f0aDL7yFGsXJuaEvZCeRgc=:n2MP3m2+jwYSTARz1ue2p0zol97CsMNoNe6sjKXvN6k=',
  ],
  [
    'angstrom sign',
    '\u212b',
    'SCRAM-SHA-256$4096:/HF7t3fhIQvprjITuoMMwA==$naNtYIVH2HsIjwITYRcNixktlvO2zhIe9ctFbVc4ZbY=:zuUF04oUrfENRN5YqQClxcUgM5R7Hr70XMWJo9j8+vU=',
  ],
  [
    'a ligature that expands',
    '\ufdfa',
    'SCRAM-SHA-256$4096:S8876iw944PWfriK9MimgQ==$ejpLbJbsc7VCcTlyKfLoQHm1LKtGNiWgEEmdwPOmykA=:QdwRsvJjGYGzll32ubYnsYQf6gMH9yGls1wdy7squTs=',
  ],
  [
    'hangul letters that compose',
    '\u1112\u1161\u11ab',
    'SCRAM-SHA-256$4096:wZHaeXP+6/dsctPwOtbeCQ==$FpFYbkg4G+fuaU0QQbze3V0Mcja1QYaY1hX+smN9Abc=:IuwEaIIGS+qRAnnu0EvIyhabJcAAAttXRrn78cizA30=',
  ],
  [
    'half-width katakana',
    '\uff76\uff9e',
    'SCRAM-SHA-256$4096:iAjm+OjfIo6S6RJzhKGKfg==$RPs45DIEuJ/FZ2vgv33IWSQu4XLH8chEFcWR2kQjRe8=:6MPW/e0Y7Q/kc5yJ+ju7ul0umRSF4rPDlUuwvC9tofg=',
  ],
  [
    'a compatibility ideograph',
    '\uf900\u{2f868}',
    'SCRAM-SHA-256$4096:NuYFNtk9fDApHbBwF+Yffw==$MrhjHt8wA7EIIMUkEH7N4qeAaWPhwCH0AmG/v44wzvk=:czi7PDUV2bTO+tAT2K5vNBA8VXh0a+cBQM18NYAwCwU=',
  ],
  [
    'another iteration count',
    'counted',
    'SCRAM-SHA-256$1000:w4mIKNryDM6pHhHeiXBlJQ==$hbcQlM+EEasaxGaA8ufjdvLE+AAZTC0TqkircaAw1yQ=:y4LKESTYkdH9DCLGrNHUMc2wXTzYZrCyhZTih5SYLAc=',
  ],
];

test.each(madeBy15)('PostgreSQL 15 and we agree on %s', (_, password, recorded) => {
  expect(rebuild(password, recorded)).toBe(recorded);
});

test.each(madeBy18)('PostgreSQL 18 and we agree on %s', (_, password, recorded) => {
  expect(rebuild(password, recorded)).toBe(recorded);
});

test('the asynchronous form gives the same text', async () => {
  const options = { salt: Uint8Array.from({ length: 16 }, (_, i) => i), iterations: 100 };
  expect(await buildVerifierAsync('secret', options)).toBe(buildVerifier('secret', options));
});

test('a verifier is read and written back as it was', () => {
  const recorded = madeBy18[0]![2];
  const verifier = parseVerifier(recorded)!;
  expect(verifier.iterations).toBe(4096);
  expect(verifier.salt).toHaveLength(16);
  expect(formatVerifier(verifier)).toBe(recorded);
});

const key = Buffer.alloc(32).toString('base64');
test.each([
  '',
  'secret',
  'md5d41d8cd98f00b204e9800998ecf8427e',
  `SCRAM-SHA-1$4096:AAAA$${key}:${key}`,
  `SCRAM-SHA-256$0:AAAA$${key}:${key}`,
  `SCRAM-SHA-256$4294967296:AAAA$${key}:${key}`,
  `SCRAM-SHA-256$4096:$${key}:${key}`,
  `SCRAM-SHA-256$4096:AAA$${key}:${key}`,
  `SCRAM-SHA-256$4096:AAAA$${key}`,
  `SCRAM-SHA-256$4096:AAAA$AAAA:${key}`,
  `SCRAM-SHA-256$4096:AAAA$${key}:AAAA`,
  `SCRAM-SHA-256$4096:AAAA$${key}:${key}:`,
  ` SCRAM-SHA-256$4096:AAAA$${key}:${key}`,
])('%j is not a verifier', (text) => {
  expect(parseVerifier(text)).toBeNull();
});

function rebuild(password: string, recorded: string): string {
  const { salt, iterations } = parseVerifier(recorded)!;
  return buildVerifier(password, { salt, iterations });
}
