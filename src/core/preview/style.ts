/** The look of the gallery: plain, so that what it shows stands out; no font, script or picture of its own. */
export const STYLE = `:root{color-scheme:light dark;--ink:#1a1d1b;--muted:#565d59;--paper:#f6f6f3;--card:#fff;--line:#d9dcd6;
--accent:#0a6247;--good:#0a6247;--good-bg:#e0f2ea;--warn:#7a4b00;--warn-bg:#fdf0d5;--bad:#a01c1c;--bad-bg:#fde5e3;--idle:#4d5450;--idle-bg:#e8eae6}
@media (prefers-color-scheme:dark){:root{--ink:#e9ece9;--muted:#a9b1ac;--paper:#121514;--card:#1b1f1d;--line:#353b38;
--accent:#5bd0a4;--good:#7fe0ba;--good-bg:#12382b;--warn:#f2c879;--warn-bg:#3d2d0c;--bad:#ffaaa3;--bad-bg:#46191a;--idle:#bcc3bf;--idle-bg:#2a2f2d}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
.skip{position:absolute;inset-inline-start:-100vw;padding:.5rem 1rem;background:var(--card)}
.skip:focus{inset-inline-start:0;z-index:2}
header,main,footer{max-width:84rem;margin-inline:auto;padding-inline:clamp(1rem,4vw,2.5rem)}
header{padding-block:1.5rem 1rem}
main{padding-block-end:3rem}
h1{font-size:clamp(1.5rem,4vw,2.25rem);line-height:1.2;letter-spacing:-.01em;margin:.25rem 0;text-wrap:balance;overflow-wrap:anywhere}
h2{font-size:1.375rem;line-height:1.3;margin:2.5rem 0 .5rem}
h3{font-size:1rem;margin:1.25rem 0 .5rem}
h4{font-size:.9375rem;margin:1.25rem 0 .375rem}
p{margin:0 0 .75rem}
a{color:var(--accent);text-underline-offset:.2em}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px;border-radius:.25rem}
.crumbs,.quiet,footer{color:var(--muted);font-size:.875rem}
.counts{display:flex;flex-wrap:wrap;gap:.5rem;margin:.5rem 0 0;padding:0;list-style:none}
.pill{display:inline-block;padding:.0625rem .625rem;border-radius:1rem;font-size:.8125rem;font-weight:600;white-space:nowrap}
.pill.good{background:var(--good-bg);color:var(--good)}
.pill.warn{background:var(--warn-bg);color:var(--warn)}
.pill.bad{background:var(--bad-bg);color:var(--bad)}
.pill.idle{background:var(--idle-bg);color:var(--idle)}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(18rem,100%),1fr));gap:1.25rem;margin:0;padding:0;list-style:none}
.card{position:relative;display:flex;flex-direction:column;border:1px solid var(--line);border-radius:.75rem;background:var(--card);overflow:hidden}
.card:hover{border-color:var(--accent)}
.card a{color:inherit;text-decoration:none;font-weight:650;overflow-wrap:anywhere}
.card a::after{content:"";position:absolute;inset:0;border-radius:.75rem}
.card a:focus-visible{outline:0}
.card a:focus-visible::after{outline:3px solid var(--accent);outline-offset:-3px}
.words{display:flex;flex-direction:column;gap:.375rem;padding:.875rem 1rem 1rem}
.words p{margin:0}
.thumb{aspect-ratio:1280/820;border-block-end:1px solid var(--line);overflow:hidden;container-type:inline-size;background:var(--paper)}
.thumb iframe{display:block;width:1280px;height:820px;border:0;background:Canvas;transform-origin:0 0;transform:scale(tan(atan2(100cqw,1280px)))}
.thumb .mail{width:640px;height:410px;transform:scale(tan(atan2(100cqw,640px)))}
.thumb .paper{width:794px;height:509px;transform:scale(tan(atan2(100cqw,794px)))}
.thumb img{display:block;width:100%;height:100%;object-fit:contain}
.thumb blockquote{height:100%;margin:0;padding:1rem 1.125rem;font-size:.9375rem;white-space:pre-line;overflow-wrap:anywhere;overflow:hidden;unicode-bidi:isolate}
.empty{display:grid;place-items:center;color:var(--muted);font-size:.875rem}
.controls{display:flex;flex-wrap:wrap;gap:.5rem 2rem;margin-block:1rem}
fieldset{display:flex;flex-wrap:wrap;gap:.25rem 1rem;margin:0;padding:.5rem .875rem .625rem;border:1px solid var(--line);border-radius:.5rem;background:var(--card)}
legend{padding-inline:.25rem;color:var(--muted);font-size:.8125rem}
fieldset label{display:flex;align-items:center;gap:.375rem;min-height:1.75rem;cursor:pointer}
input{accent-color:var(--accent);width:1rem;height:1rem;margin:0}
.variants{display:grid;gap:2.5rem 1.5rem;grid-template-columns:minmax(0,1fr)}
.variant{min-width:0}
.shown{display:grid;gap:1rem;align-content:start;min-width:0}
@media (min-width:64rem){.one .variant{display:grid;grid-template-columns:minmax(0,1.6fr) minmax(20rem,1fr);gap:0 2rem}.one .variant>h2{grid-column:1/3}
.two{grid-template-columns:repeat(2,minmax(0,1fr))}}
.variant>h2{margin-block-start:.5rem;display:flex;flex-wrap:wrap;align-items:center;gap:.5rem}
.screen{--w:1280px;--h:1500px;width:100%;max-width:var(--w);aspect-ratio:1280/1500;overflow:hidden;container-type:inline-size;border:1px solid var(--line);border-radius:.5rem;background:var(--card)}
.screen.mail{--w:640px;--h:860px;aspect-ratio:640/860}
.screen.paper{--w:794px;--h:1123px;aspect-ratio:794/1123}
.screen iframe{display:block;width:var(--w);height:var(--h);border:0;background:Canvas;transform-origin:0 0;transform:scale(tan(atan2(100cqw,var(--w))))}
body:has(#phone:checked) .screen:not(.paper){--w:375px;--h:812px;aspect-ratio:375/812}
@media (max-width:40rem){body:has(#auto:checked) .screen:not(.paper){--w:375px;--h:812px;aspect-ratio:375/812}}
.screen .light,.screen .dark,body:has(#light:checked) .schemes iframe,body:has(#dark:checked) .schemes iframe{display:none}
body:has(#light:checked) .schemes .light,body:has(#dark:checked) .schemes .dark{display:block}
.dark{color-scheme:dark}.light{color-scheme:light}
.whole iframe{display:block;width:100%;height:calc(100vh - 6rem);border:1px solid var(--line);border-radius:.5rem;background:Canvas}
figure{margin:0}
figcaption{margin-block-start:.375rem;color:var(--muted);font-size:.875rem;overflow-wrap:anywhere}
figure img{display:block;max-width:100%;height:auto;border:1px solid var(--line);border-radius:.5rem}
.post blockquote,.plain{max-width:38rem;margin:0;padding:1rem 1.25rem;border:1px solid var(--line);border-radius:.75rem;background:var(--card);white-space:pre-wrap;overflow-wrap:anywhere;unicode-bidi:isolate}
.post blockquote{font-size:1.0625rem}
.plain{font:.8125rem/1.5 ui-monospace,Menlo,Consolas,monospace}
object{display:block;width:100%;height:min(80vh,60rem);border:1px solid var(--line);border-radius:.5rem;background:var(--card)}
object p{padding:1rem}
.about h3:first-child{margin-block-start:.75rem}
@media (min-width:64rem){.one .about h3:first-child{margin-block-start:0}}
dl{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:.25rem 1rem;margin:0 0 .75rem;font-size:.9375rem}
dt{color:var(--muted)}
dd{margin:0;overflow-wrap:anywhere;unicode-bidi:isolate}
.list{margin:0 0 .75rem;padding:0;list-style:none;display:grid;gap:.625rem}
.list li{padding-inline-start:.75rem;border-inline-start:3px solid var(--line);overflow-wrap:anywhere;font-size:.9375rem}
.list .block{border-color:var(--bad)}
.list .warn{border-color:var(--warn)}
.list q,.list code{unicode-bidi:isolate}
code{font:.8125rem ui-monospace,Menlo,Consolas,monospace}
details{margin:0 0 .5rem;border:1px solid var(--line);border-radius:.5rem;background:var(--card)}
summary{padding:.5rem .875rem;cursor:pointer;font-weight:600;font-size:.9375rem}
details>div{padding:.25rem .875rem .75rem;font-size:.9375rem}
table{width:100%;border-collapse:collapse;font-size:.875rem}
th,td{padding:.25rem .75rem .25rem 0;text-align:start;vertical-align:top}
td{overflow-wrap:anywhere}
th{font-weight:600;overflow-wrap:break-word}
tr+tr>*{border-block-start:1px solid var(--line)}
footer{padding-block:1rem 2rem}`;
