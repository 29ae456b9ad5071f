package textanalytics

import (
	"context"
	"regexp"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"portico/internal/module"
	"portico/internal/table"
)

// The parameters of Preprocess Text.
const (
	removeURLs        = "Remove URLs"
	language          = "Language"
	cleanedText       = "Text column to clean"
	customExpression  = "Custom regular expression"
	customReplacement = "Custom replacement string"
	removeStopWords   = "Remove stop words"
	lemmatization     = "Lemmatization"
	partOfSpeech      = "Remove by part of speech"
	detectSentences   = "Detect sentences"
	lowercase         = "Normalize case to lowercase"
	removeNumbers     = "Remove numbers"
	removeSpecial     = "Remove special characters"
	removeRepeated    = "Remove duplicate characters"
	removeEmails      = "Remove email addresses"

	maxExpression = 4 << 10
	maxStopWords  = 100_000
)

// PreprocessText cleans texts for n-grams and hashing.
func PreprocessText() *module.Module {
	words := newLemmatizers()
	flag := func(name, preset, description string) module.Parameter {
		return module.Parameter{Name: name, Type: module.Bool, Default: preset, Description: description}
	}
	speech := func(what string) module.Parameter {
		return module.Parameter{Name: "Remove " + what, Type: module.Bool, Default: "True", When: []module.Condition{module.When(partOfSpeech, "True")}, Description: "Whether " + what + " are removed."}
	}
	return &module.Module{
		Name:     "Preprocess Text",
		FamilyID: "bf9e794a9e2b4662902a0e73b255c135",
		Category: "Text Analytics",
		Summary:  "Performs cleaning operations on text.",
		Help: "The cleaned text is in a new column, Preprocessed {column}. In this order: what the custom expression (RE2 syntax) matches is replaced; addresses of pages and e-mail are removed; \"|||\" comes between sentences; " +
			"letters become small; numbers, and then all characters but letters and digits, become blanks; of a character that repeats more than twice two stay; words become their dictionary form; stop words are removed. " +
			"The stop words are those of the language, or the first column of the second dataset. There is no dictionary for Dutch: its words stay as they are. Filters by part of speech are not available.",
		Version: 1,
		Inputs: []module.Port{
			{Name: "Dataset", Type: module.Data, Description: "Input data"},
			{Name: "Stop words", Type: module.Data, Optional: true, Description: "Optional custom list of stop words to remove"},
		},
		Outputs: []module.Port{{Name: "Results dataset", Type: module.Data, Description: "Results dataset"}},
		Parameters: []module.Parameter{
			{Name: language, Type: module.Choice, Default: "English", Choices: languages(), Description: "The language of the texts."},
			flag(removeStopWords, "True", "Whether words that say little are removed."),
			flag(lemmatization, "True", "Whether words become their dictionary form."),
			{Name: partOfSpeech, Type: module.Choice, Default: "False", Choices: []string{"True", "False"}, Description: "Whether kinds of words are removed. This is not available."},
			speech("nouns"), speech("adjectives"), speech("verbs"),
			flag(detectSentences, "True", "Whether \"|||\" is put between sentences, for Extract N-Gram Features from Text."),
			flag(lowercase, "True", "Whether letters become small."),
			flag(removeNumbers, "True", "Whether numbers are removed."),
			flag(removeSpecial, "True", "Whether characters that are neither letters nor digits are removed."),
			flag(removeRepeated, "True", "Whether of a character that repeats more than twice two are left."),
			flag(removeEmails, "True", "Whether e-mail addresses are removed."),
			flag(removeURLs, "True", "Whether addresses of pages are removed."),
			{Name: cleanedText, Type: module.ColumnSelection, Default: "StringFeature", Description: "The column of texts."},
			{Name: customExpression, Type: module.Text, Optional: true, Description: "A regular expression whose matches are replaced first."},
			{Name: customReplacement, Type: module.Text, Optional: true, Description: "What takes the place of the matches; $1 is what the first group matched."},
		},
		Errors:   []string{"0001", "0002", "0003", "0011", "0017", "0018", "0022", "0030", "0039", "0048", "0049", "0138"},
		RowByRow: true,
		Prepare:  func(v module.Values) (module.Runner, error) { return preparePreprocess(words, v) },
	}
}

var (
	urlPattern    = regexp.MustCompile(`(?i)\b(?:https?://|ftp://|www\.)[^\s<>"']+`)
	emailPattern  = regexp.MustCompile(`(?i)\b[\p{L}\p{N}._%+-]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+\b`)
	numberPattern = regexp.MustCompile(`[+-]?\b\d+(?:[.,]\d+)*\b`)
)

// cleaner is a prepared Preprocess Text.
type cleaner struct {
	column    module.Selection
	custom    *regexp.Regexp
	replace   string
	language  string
	lemma     func(word string) string // nil where words stay
	stop      map[string]bool          // nil where all words stay
	urls      bool
	emails    bool
	sentences bool
	lower     bool
	numbers   bool
	special   bool
	repeated  bool
}

func preparePreprocess(words *lemmatizers, v module.Values) (module.Runner, error) {
	if v.String(partOfSpeech) == "True" {
		return nil, module.Fail("0039", "filters by part of speech are not available; set \""+partOfSpeech+"\" to False").In(partOfSpeech)
	}
	c := &cleaner{
		language: v.String(language), replace: v.String(customReplacement), urls: v.Bool(removeURLs), emails: v.Bool(removeEmails), sentences: v.Bool(detectSentences),
		lower: v.Bool(lowercase), numbers: v.Bool(removeNumbers), special: v.Bool(removeSpecial), repeated: v.Bool(removeRepeated),
	}
	var err error
	if c.column, err = v.Columns(cleanedText); err != nil {
		return nil, err
	}
	if text := v.String(customExpression); text != "" {
		if c.custom, err = regexp.Compile(text); err != nil || len(text) > maxExpression {
			e := module.Fail("0002", customExpression).In(customExpression)
			e.Err = err
			return nil, e
		}
	}
	if v.Bool(removeStopWords) {
		c.stop = stopWords(c.language)
	}
	lemmatize := v.Bool(lemmatization)
	var once sync.Once
	var loadErr error
	return func(ctx context.Context, in []*table.Table) ([]*table.Table, error) {
		once.Do(func() {
			if lemmatize {
				c.lemma, loadErr = words.of(c.language)
			}
		})
		if loadErr != nil {
			return nil, loadErr
		}
		if err := module.Need(in[0], "Dataset", 0); err != nil {
			return nil, err
		}
		stop := c.stop
		if stop != nil && in[1] != nil {
			if stop, err = readStopWords(in[1]); err != nil {
				return nil, err
			}
		}
		out, err := c.clean(ctx, in[0], stop)
		return []*table.Table{out}, err
	}, nil
}

// readStopWords gives the words in the first column of a dataset.
func readStopWords(t *table.Table) (map[string]bool, error) {
	if err := module.Need(t, "Stop words", 0); err != nil {
		return nil, err
	}
	c := t.Parts[0].Column
	if c == nil || c.Type != table.String || t.Rows > maxStopWords {
		return nil, module.Fail("0018", "Stop words")
	}
	words := map[string]bool{}
	for r := range t.Rows {
		if !c.IsMissing(r) {
			words[strings.ToLower(strings.TrimSpace(c.Strings[r]))] = true
		}
	}
	return words, nil
}

func (c *cleaner) clean(ctx context.Context, t *table.Table, stop map[string]bool) (*table.Table, error) {
	t, place, err := c.column.One(t)
	if err != nil {
		return nil, err
	}
	column := t.Parts[place].Column
	if column.Type != table.String {
		return nil, c.column.Unsupported(column)
	}
	out := table.NewColumnBuilder(table.Field{Name: table.NewNames(t).Free("Preprocessed " + column.Name)}, t.Rows)
	for r := range t.Rows {
		if r%256 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if column.IsMissing(r) {
			out.AppendMissing()
		} else if err := out.Append([]byte(c.text(column.Strings[r], stop))); err != nil {
			return nil, err
		}
	}
	return t.WithColumns(nil, out.Column()), nil
}

// text cleans one text.
func (c *cleaner) text(s string, stop map[string]bool) string {
	if c.custom != nil {
		s = c.custom.ReplaceAllString(s, c.replace)
	}
	if c.urls {
		s = urlPattern.ReplaceAllString(s, " ")
	}
	if c.emails {
		s = emailPattern.ReplaceAllString(s, " ")
	}
	parts := []string{s}
	if c.sentences {
		parts = sentencesOf(s)
	}
	var words []string
	for _, part := range parts {
		if kept := c.words(part, stop); len(kept) > 0 {
			if len(words) > 0 {
				words = append(words, sentenceEnd)
			}
			words = append(words, kept...)
		}
	}
	return strings.Join(words, " ")
}

// words cleans a sentence and gives its words.
func (c *cleaner) words(s string, stop map[string]bool) []string {
	if c.lower {
		s = strings.ToLower(s)
	}
	if c.numbers {
		s = numberPattern.ReplaceAllString(s, " ")
	}
	if c.special {
		s = withoutSpecial(s)
	}
	if c.repeated {
		s = withoutRepeats(s)
	}
	var kept []string
	for word := range strings.FieldsSeq(s) {
		if c.lemma != nil {
			word = capitalizedAs(word, c.lemma(word))
		}
		if !stop[strings.ToLower(word)] {
			kept = append(kept, word)
		}
	}
	return kept
}

// capitalizedAs gives the form of a word with a capital where the word has one: dictionaries have small letters alone.
func capitalizedAs(word, form string) string {
	first, _ := utf8.DecodeRuneInString(word)
	if !unicode.IsUpper(first) {
		return form
	}
	_, size := utf8.DecodeRuneInString(form)
	return strings.ToUpper(form[:size]) + form[size:]
}

// sentencesOf cuts a text behind a full stop, a question or an exclamation mark that a blank and no small letter follows, and at line ends that stand alone.
func sentencesOf(s string) []string {
	var sentences []string
	runes := []rune(s)
	from := 0
	for i, ch := range runes {
		end := ch == '\n' && i+1 < len(runes) && runes[i+1] == '\n'
		if strings.ContainsRune(".?!…", ch) && i+1 < len(runes) && unicode.IsSpace(runes[i+1]) {
			next := i + 1
			for next < len(runes) && unicode.IsSpace(runes[next]) {
				next++
			}
			end = next == len(runes) || !unicode.IsLower(runes[next])
		}
		if end {
			sentences = append(sentences, string(runes[from:i+1]))
			from = i + 1
		}
	}
	return append(sentences, string(runes[from:]))
}

// withoutSpecial makes blanks of what is neither letter, mark nor digit; an apostrophe within a word goes without one.
func withoutSpecial(s string) string {
	var b strings.Builder
	for _, ch := range s {
		switch {
		case unicode.IsLetter(ch) || unicode.IsMark(ch) || unicode.IsDigit(ch):
			b.WriteRune(ch)
		case ch == '\'' || ch == '’':
		default:
			b.WriteByte(' ')
		}
	}
	return b.String()
}

// withoutRepeats leaves two of a character that repeats more often.
func withoutRepeats(s string) string {
	var b strings.Builder
	var last rune
	n := 0
	for _, ch := range s {
		if ch != last {
			last, n = ch, 0
		}
		if n++; n <= 2 {
			b.WriteRune(ch)
		}
	}
	return b.String()
}
