package textanalytics_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"portico/internal/module"
	"portico/internal/module/featureselection"
	"portico/internal/module/moduletest"
	"portico/internal/module/textanalytics"
	"portico/internal/table"
)

// ngrams are parameters that keep every n-gram, and more of them.
func ngrams(more moduletest.Parameters) moduletest.Parameters {
	p := moduletest.Parameters{"Minimum n-gram document absolute frequency": "1", "Minimum word length": "1", "Use filter-based feature selection": "False", "Normalize n-gram feature vectors": "False"}
	for k, v := range more {
		p[k] = v
	}
	return p
}

// bare takes the columns away that list n-grams.
func bare(t *table.Table) *table.Table {
	var parts []table.Part
	for _, p := range t.Parts {
		if p.Column == nil || !strings.HasSuffix(p.Column.Name, ".NgramsString") && !strings.HasSuffix(p.Column.Name, ".NumUniqueNgrams") {
			parts = append(parts, p)
		}
	}
	return table.New(t.Rows, parts...)
}

func TestNGrams(t *testing.T) {
	in := moduletest.CSV(t, "t,y\na b a,1\nb ||| c,0\n,1\n")
	ln3, ln15 := fmt.Sprint(math.Log(3)), fmt.Sprint(math.Log(1.5))
	for _, c := range []struct {
		given      moduletest.Parameters
		want       string
		vocabulary string
	}{
		{ngrams(nil), "t,y,t.[a],t.[b],t.[c]\na b a,1,1,1,0\nb ||| c,0,0,1,1\n?,1,0,0,0",
			"Id,NGram,DF,IDF\n0,a,1," + ln3 + "\n1,b,2," + ln15 + "\n2,c,1," + ln3},
		{ngrams(moduletest.Parameters{"Weighting function": "TF Weight", "N-Grams size": "2"}),
			"t,y,t.[a],t.[a_b],t.[b],t.[b_a],t.[c]\na b a,1,2,1,1,1,0\nb ||| c,0,0,0,1,0,1\n?,1,0,0,0,0,0", ""},
		{ngrams(moduletest.Parameters{"N-Grams size": "2", "K-Skip size": "1", "Weighting function": "TF Weight"}),
			"t,y,t.[a],t.[a_a],t.[a_b],t.[b],t.[b_a],t.[c]\na b a,1,2,1,1,1,1,0\nb ||| c,0,0,0,0,1,0,1\n?,1,0,0,0,0,0,0", ""},
		// TF-IDF: 2·ln 3 and ln 1.5.
		{ngrams(moduletest.Parameters{"Weighting function": "TF-IDF Weight"}),
			"t,y,t.[a],t.[b],t.[c]\na b a,1," + fmt.Sprint(2*math.Log(3)) + "," + ln15 + ",0\nb ||| c,0,0," + ln15 + "," + ln3 + "\n?,1,0,0,0", ""},
		// 2 and 1 over the root of 5.
		{ngrams(moduletest.Parameters{"Weighting function": "TF Weight", "Normalize n-gram feature vectors": "True", "Maximum n-gram document ratio": "0.7"}),
			"t,y,t.[a],t.[b],t.[c]\na b a,1,0.8944271909999159,0.4472135954999579,0\nb ||| c,0,0,0.7071067811865475,0.7071067811865475\n?,1,0,0,0", ""},
		{ngrams(moduletest.Parameters{"Maximum n-gram document ratio": "0.5"}), "t,y,t.[a],t.[c]\na b a,1,1,0\nb ||| c,0,0,1\n?,1,0,0", ""},
		{ngrams(moduletest.Parameters{"N-Grams size": "2", "Mark begin-of-sentence": "True", "Minimum n-gram document absolute frequency": "2"}), "t,y,t.[b]\na b a,1,1\nb ||| c,0,1\n?,1,0", ""},
		{ngrams(moduletest.Parameters{"Use filter-based feature selection": "True", "Feature scoring method": "Count Based", "Minimum number of non-zero elements": "2"}), "t,y,t.[b]\na b a,1,1\nb ||| c,0,1\n?,1,0", ""},
		{ngrams(moduletest.Parameters{"Use filter-based feature selection": "True", "Target column": moduletest.Columns("y"), "Number of desired features": "1"}), "t,y,t.[c]\na b a,1,0\nb ||| c,0,1\n?,1,0", ""},
		{ngrams(moduletest.Parameters{"Use filter-based feature selection": "True", "Feature scoring method": "Chi Squared", "Target column": moduletest.Columns("y"), "Number of desired features": "1"}),
			"t,y,t.[c]\na b a,1,0\nb ||| c,0,1\n?,1,0", ""},
	} {
		out, err := moduletest.Run(t, textanalytics.ExtractNGrams(), c.given, in)
		if err != nil {
			t.Errorf("%v: %v", c.given, err)
			continue
		}
		moduletest.Want(t, fmt.Sprint(c.given), bare(out[0]), c.want)
		if c.vocabulary != "" {
			moduletest.Want(t, "vocabulary", out[1], c.vocabulary)
		}
	}
}

// The n-grams of each text are listed, in the order in which they come.
func TestNGramLists(t *testing.T) {
	out, err := moduletest.Run(t, textanalytics.ExtractNGrams(), ngrams(moduletest.Parameters{"N-Grams size": "2"}), moduletest.CSV(t, "t,n\nb a b,1\n,2\n"))
	if err != nil {
		t.Fatal(err)
	}
	list, number := out[0].ColumnCalled("t.NgramsString"), out[0].ColumnCalled("t.NumUniqueNgrams")
	if list.Strings[0] != `["b","b_a","a","a_b"]` || list.Strings[1] != "[]" || number.Ints[0] != 4 || number.Ints[1] != 0 || list.Role != table.NoRole {
		t.Errorf("%v, %v", list.Strings, number.Ints)
	}
}

// The ranks are the fixed point that can be worked out by hand: a is linked to b
// twice and c to b once, so b = 0.15 + 0.85·(a + c), a = 0.15 + 0.85·b·2/3 and c = 0.15 + 0.85·b/3.
func TestGraphWeight(t *testing.T) {
	out, err := moduletest.Run(t, textanalytics.ExtractNGrams(), ngrams(moduletest.Parameters{"Weighting function": "Graph Weight"}), moduletest.CSV(t, "t,n\na b a,1\nb c,2\n"))
	if err != nil {
		t.Fatal(err)
	}
	b := 0.405 / (1 - 0.85*0.85)
	spread, places, err := module.AllColumns("").Spread(out[0])
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{0.15 + 0.85*b*2/3, b, 0} {
		moduletest.Near(t, fmt.Sprint("column ", i), spread.Parts[places[4+i]].Column, 0, &want, 1e-9)
	}
}

// Every method finds the word that tells the classes apart.
func TestNGramScores(t *testing.T) {
	in := moduletest.CSV(t, "t,y,n\nok good day,1,5\nok good,1,6\nok bad,0,1\nok bad day,0,2\nok good good,1,8\n")
	for _, method := range featureselection.Supervised() {
		for _, target := range []string{"y", "n"} {
			out, err := moduletest.Run(t, textanalytics.ExtractNGrams(), ngrams(moduletest.Parameters{"Use filter-based feature selection": "True", "Feature scoring method": method,
				"Target column": moduletest.Columns(target), "Minimum word length": "3", "Number of desired features": "2"}), in)
			if err != nil {
				t.Fatal(err)
			}
			if grams := out[1].ColumnCalled("NGram").Strings; !slices.Equal(grams, []string{"bad", "good"}) {
				t.Errorf("%s of %s keeps %v", method, target, grams)
			}
		}
	}
}

// A vocabulary is used again, as it is or with what new texts add.
func TestVocabularies(t *testing.T) {
	first, err := moduletest.Run(t, textanalytics.ExtractNGrams(), ngrams(nil), moduletest.CSV(t, "t\na b\nb\n"))
	if err != nil {
		t.Fatal(err)
	}
	in := moduletest.CSV(t, "t\nb d\na\n")
	read, err := moduletest.Run(t, textanalytics.ExtractNGrams(), ngrams(moduletest.Parameters{"Vocabulary mode": "ReadOnly", "Weighting function": "IDF Weight"}), in, first[1])
	if err != nil {
		t.Fatal(err)
	}
	moduletest.Want(t, "ReadOnly", bare(read[0]), fmt.Sprintf("t,t.[a],t.[b],t.[OOV]\nb d,0,0,True\na,%v,0,False", math.Log(2)))
	moduletest.Want(t, "the vocabulary stays", read[1], moduletest.Text(first[1]))
	updated, err := moduletest.Run(t, textanalytics.ExtractNGrams(), ngrams(moduletest.Parameters{"Vocabulary mode": "Update"}), in, first[1])
	if err != nil {
		t.Fatal(err)
	}
	moduletest.Want(t, "Update", updated[1], fmt.Sprintf("Id,NGram,DF,IDF\n0,a,2,%v\n1,b,3,%v\n2,d,1,%v", math.Log(2), math.Log(4.0/3), math.Log(4)))
}

func TestNGramErrors(t *testing.T) {
	in := moduletest.CSV(t, "t,y\na b,1\n")
	on := []*table.Table{in}
	fails := moduletest.Fails(t, textanalytics.ExtractNGrams())
	fails("no input", ngrams(nil), nil, "0003")
	fails("no rows", ngrams(nil), []*table.Table{in.Head(0)}, "0021")
	fails("no target", nil, on, "0011")
	fails("two columns", ngrams(moduletest.Parameters{"Text column": "All"}), on, "0022")
	fails("numbers", ngrams(moduletest.Parameters{"Text column": moduletest.Columns("y")}), on, "0017")
	fails("size", ngrams(moduletest.Parameters{"N-Grams size": "0"}), on, "0008")
	fails("word lengths", ngrams(moduletest.Parameters{"Minimum word length": "9", "Maximum word length": "3"}), on, "0006")
	fails("no vocabulary", ngrams(moduletest.Parameters{"Vocabulary mode": "ReadOnly"}), on, `Error 0003: Input "Input vocabulary" is null or empty`)
	fails("something else for a vocabulary", ngrams(moduletest.Parameters{"Vocabulary mode": "ReadOnly"}), []*table.Table{in, in}, "Error 0018: Input vocabulary contains invalid data.")
	fails("a weighting that is not there", ngrams(moduletest.Parameters{"Weighting function": "Weight"}), on, "0002")
}
