package textanalytics_test

import (
	"fmt"
	"testing"

	"portico/internal/module/moduletest"
	"portico/internal/module/textanalytics"
	"portico/internal/table"
)

// off are parameters with everything switched off, and more of them.
func off(more moduletest.Parameters) moduletest.Parameters {
	p := moduletest.Parameters{}
	for _, m := range textanalytics.PreprocessText().Parameters {
		if m.Default == "True" && m.When == nil {
			p[m.Name] = "False"
		}
	}
	for k, v := range more {
		p[k] = v
	}
	return p
}

func written(cells ...string) *table.Table {
	return table.FromColumns(len(cells), table.FromStrings("t", cells))
}

func TestPreprocess(t *testing.T) {
	for _, c := range []struct {
		given      moduletest.Parameters
		text, want string
	}{
		{nil, "The cats were running! See https://example.org/a?b=1 or write to me@example.org. It cost 3,50 dollars...", "cat run ||| see write ||| cost dollar"},
		{off(nil), "Hello,   World. 12", "Hello, World. 12"},
		{off(moduletest.Parameters{"Normalize case to lowercase": "True"}), "ÄRGER Mit dem", "ärger mit dem"},
		{off(moduletest.Parameters{"Remove URLs": "True"}), "go to www.example.org/x, now", "go to now"},
		{off(moduletest.Parameters{"Remove email addresses": "True"}), "ask first.last+tag@mail.example.org today", "ask today"},
		{off(moduletest.Parameters{"Remove numbers": "True"}), "abc1 22 3.5 -4 1,000 x", "abc1 x"},
		{off(moduletest.Parameters{"Remove special characters": "True"}), "don't (stop) #now – naïve", "dont stop now naïve"},
		{off(moduletest.Parameters{"Remove duplicate characters": "True"}), "sooooo goood llama", "soo good llama"},
		{off(moduletest.Parameters{"Detect sentences": "True"}), "Dr. no e.g. this. Next one? yes! End.", "Dr. no e.g. this. ||| Next one? yes! ||| End."},
		{off(moduletest.Parameters{"Remove stop words": "True"}), "this is THE end", "end"},
		{off(moduletest.Parameters{"Lemmatization": "True"}), "dogs ran", "dog run"},
		{off(moduletest.Parameters{"Lemmatization": "True", "Language": "German"}), "Häuser ging", "Haus gehen"},
		{off(moduletest.Parameters{"Remove stop words": "True", "Language": "French"}), "le chat est dans la maison", "chat maison"},
		{off(moduletest.Parameters{"Lemmatization": "True", "Language": "Dutch"}), "huizen", "huizen"},
		{off(moduletest.Parameters{"Custom regular expression": `#(\w+)`, "Custom replacement string": "tag_$1"}), "a #b c", "a tag_b c"},
	} {
		out, err := moduletest.Run(t, textanalytics.PreprocessText(), c.given, written(c.text))
		if err != nil {
			t.Errorf("%v: %v", c.given, err)
			continue
		}
		if got := out[0].Parts[1].Column; got.Name != "Preprocessed t" || got.Strings[0] != c.want {
			t.Errorf("%v made %s %q of %q, want %q", c.given, got.Name, got.Strings, c.text, c.want)
		}
	}
}

// A list of stop words takes the place of the language's; missing texts stay missing.
func TestPreprocessStopWords(t *testing.T) {
	in := written("the Cat sat", "")
	in.Parts[0].Column.Missing = []bool{false, true}
	out, err := moduletest.Run(t, textanalytics.PreprocessText(), off(moduletest.Parameters{"Remove stop words": "True"}), in, written("CAT", "sat "))
	if err != nil {
		t.Fatal(err)
	}
	moduletest.Want(t, "own stop words", out[0], "t,Preprocessed t\nthe Cat sat,the\n?,?")
}

func TestPreprocessErrors(t *testing.T) {
	on := []*table.Table{written("x")}
	fails := moduletest.Fails(t, textanalytics.PreprocessText())
	fails("no input", nil, nil, "0003")
	fails("numbers", moduletest.Parameters{"Text column to clean": "All"}, []*table.Table{table.FromColumns(1, table.FromDoubles("d", []float64{1}))}, "0017")
	fails("two columns", nil, []*table.Table{moduletest.CSV(t, "a,b\nx,y\n")}, "0022")
	fails("expression", moduletest.Parameters{"Custom regular expression": "("}, on, `Error 0002: Failed to parse "Custom regular expression" parameter`)
	fails("language", moduletest.Parameters{"Language": "Latin"}, on, "0002")
	fails("parts of speech", moduletest.Parameters{"Remove by part of speech": "True"}, on, `Error 0039: Error while completing operation: filters by part of speech are not available; set "Remove by part of speech" to False.`)
	fails("stop words that are numbers", nil, []*table.Table{on[0], moduletest.CSV(t, "a\n1\n")}, "0018")
}

func TestDetectLanguages(t *testing.T) {
	in := written("The quick brown fox jumps over the lazy dog and runs away from all of them", "Der schnelle braune Fuchs springt über den faulen Hund und läuft davon",
		"Le renard brun saute par-dessus le chien paresseux et s'en va dans la forêt", "12 + 34")
	out, err := moduletest.Run(t, textanalytics.DetectLanguages(), moduletest.Parameters{"Text column": "All", "Upper bound on number of languages to detect": "2"}, in)
	if err != nil {
		t.Fatal(err)
	}
	first := out[0].ColumnCalled("Language").Strings
	if got := fmt.Sprint(first, out[0].ColumnCalled("ISO6391 Name").Strings); got != "[English German French (Unknown)] [en de fr ]" {
		t.Error(got)
	}
	for r, second := range out[0].ColumnCalled("Language 2").Strings {
		score, ok := out[0].ColumnCalled("Score").Number(r)
		if ok != (r < 3) || ok && (score < 0 || score > 1) || ok && second == first[r] {
			t.Errorf("row %d: %v, then %s", r, score, second)
		}
	}
	fails := moduletest.Fails(t, textanalytics.DetectLanguages())
	fails("no column", nil, []*table.Table{in}, "0011")
	fails("bound", moduletest.Parameters{"Text column": "All", "Upper bound on number of languages to detect": "185"}, []*table.Table{in}, "0008")
	fails("numbers", moduletest.Parameters{"Text column": "All"}, []*table.Table{moduletest.CSV(t, "a\n1\n")}, "0017")
}
