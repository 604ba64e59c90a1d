/**
 * English words by which copy claims something, and those that only look like it. A word belongs on a list when
 * ordinary copy seldom needs it; every exception is a use that claims nothing.
 */

/** Sources of a regular expression, as alternatives between word boundaries, in any case. */
export const anyOf = (...alternatives: readonly string[]): RegExp =>
  new RegExp(`(?<![\\p{L}\\p{N}])(?:${alternatives.join('|')})(?![\\p{L}\\p{N}])`, 'giu');

const wordSet = (words: string): ReadonlySet<string> => new Set(words.trim().split(/\s+/));

const SMALL = 'two|three|four|five|six|seven|eight|nine|ten';

export const NUMBER_WORDS = anyOf(
  `zero|${SMALL}|eleven|twelve|(?:thir|four|fif|six|seven|eigh|nine)teen|(?:twen|thir|for|fif|six|seven|eigh|nine)ty`,
  'hundreds?|thousands?|[mbt]r?illions?|dozens?|half|halves|halv(?:ed|ing)|twice|thrice',
  'doubl(?:es?|ed|ing)(?![ -](?:check|click|opt|quote|space|entry|book))|(?:tripl|quadrupl)(?:es?|ed|ing)',
  `(?:${SMALL}|hundred|thousand)-?fold|percent(?:age)?s?|per cent|a (?:third|quarter) of`,
  'one (?:second|minute|hour|day|week|month|year|click)(?!-)(?! (?:at a|after|before|of))',
  'third(?![ -]part)|fourth|fifth|sixth|seventh|eighth|ninth|tenth|number one|second to none',
);

const FIRST_TO_SAY = 'time|run|step|day|week|month|line|post|page|visit|draft|commit|click|thing|place|one|to|few';

export const ABSOLUTE_WORDS = anyOf(
  'best|worst|most(?! recent)(?<!\\bat most)|least(?<!\\bat least)(?! privilege)',
  'leading(?! (?:to|zero|slash|space|whitespace|edge|comma|dot))',
  `the only|sole|(?:the|world's|industry's|market's) first(?! (?:${FIRST_TO_SAY}))`,
  'ultimate|perfect(?:ly)?|flawless(?:ly)?|unrivall?ed|unmatched|unbeatable|unparalleled|revolutionary',
  'groundbreaking|breakthrough|world-class|top-(?:rated|notch|tier|selling)|state-of-the-art|cutting-edge',
  'best-in-class|award-winning|guarant(?:eed?s?|eeing|ies|y)|never|always|forever|lifetime|impossible',
  "(?:cannot|can't|won't) fail|(?:without|no|zero) risk|\\p{L}+-free(?<!hands-free|toll-free)",
  '(?<!\\p{L}-)free(?!-(?:form|text)| (?:up|form|text)\\b)(?<!feel free)',
  'instant(?:ly|aneous(?:ly)?)|(?:in )?real[- ]time|(?:no|without|zero) (?:\\p{L}+ )?(?:fees?|credit cards?|commitments?|obligations?)',
  '(?:end[- ]to[- ]end )?encrypt(?:ed|ion)|(?:bank|military)[- ]grade|nothing ever|nobody ever|no one ever',
  'unlimited|infinite(?:ly)?|endless(?:ly)?|certified|certification|complian(?:t|ce)|accredited|patented|proven',
  'bulletproof|foolproof|failproof|unhackable|(?:no one|nobody|nothing) else',
  '(?:trusted|loved|endorsed|recommended|chosen|preferred) by|trusted|rated|ranked|voted',
  '(?:better|more|less|\\p{L}{3,}er) than (?:any|all|every|others?|everyone|anyone|the competition|competitors?)',
);

export const SUPERLATIVES = anyOf('\\p{L}{2,}est');

/** Words in -est that are no superlatives, and those that only order things in time or space. */
export const NO_SUPERLATIVES = wordSet(`
  test latest rest request interest manifest digest honest forest west midwest northwest southwest nest guest quest
  protest contest invest suggest harvest chest vest pest zest jest crest arrest behest bequest conquest attest detest
  divest ingest infest modest earnest tempest inquest retest pretest backtest unrest armrest lest fest disinterest
  reinvest congest molest rainforest dishonest immodest wrest nearest earliest furthest everest priest budapest
`);

/** Words that begin sentences everywhere and name nobody. */
export const OPENERS = wordSet(`
  a an the this that these those there here it its he she we you your our my i they their one some any each every all
  no not none nothing only just even still already also and or but so because if unless until when whenever while
  where what which who whose why how as at by for from in into of off on onto out over to under up with without within
  after before between since then than now soon later today tomorrow yesterday once again maybe perhaps please yes is
  are was were be been do does did has have had can could may might must shall should will would let made make makes
  get gets give gives go goes keep keeps know learn look see read write run start starts stop stops try use uses take
  takes turn find set put tell show add ask open reply need want work works meet imagine think choose change send sent
  note join save cut build ship plan pick spend launch grow bring create compare explore discover switch check watch
  wait hold same other more less many few next last new another both either neither such own part end begin done it's
  somebody nobody everybody anybody someone anyone everyone something anything everything
  that's there's here's what's who's you're you'll you've we're we'll we've they're don't doesn't didn't can't won't
  isn't aren't let's hello hi dear thanks thank regards
`);

/** Capitalised by grammar anywhere in a sentence. */
export const NO_NAMES = wordSet(`
  I I'm I'll I've I'd Monday Tuesday Wednesday Thursday Friday Saturday Sunday
  Mondays Tuesdays Wednesdays Thursdays Fridays Saturdays Sundays
`);

const CURRENCIES =
  'usd|eur|gbp|chf|jpy|cad|aud|nzd|sek|nok|dkk|pln|inr|cny|brl|dollars?|euros?|pounds?|francs?|cents?|bucks?';
const AMOUNT = "\\p{N}+(?:[.,']\\p{N}+)*";
const SPELLED = `(?:one|${SMALL}|eleven|twelve|\\p{L}+teen|\\p{L}+ty|hundred|thousand|million)`;

export const PRICES = new RegExp(
  `(?:(?:us|ca|au?)?\\p{Sc} ?${AMOUNT}(?:\\p{L}+)?|\\b(?:${CURRENCIES}) ?${AMOUNT}|` +
    `(?<![\\p{L}\\p{N}])${AMOUNT} ?(?:\\p{Sc}|(?:${CURRENCIES})\\b)|` +
    `(?<![\\p{L}\\p{N}])${SPELLED}(?: (?:hundred|thousand|million))? (?:dollar|euro|pound|franc|cent|buck)s?\\b)`,
  'giu',
);

/** Digits with the letters and signs that belong to them: #1, 5,000, 24/7, v2, 10k, 40 %. */
export const NUMBERS = /#?\p{L}*\p{N}+(?:[.,:/']\p{N}+)*(?: ?%|[\p{L}\p{N}]+)?/gu;
