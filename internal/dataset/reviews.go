package dataset

import (
	"bytes"
	"io"
	"strings"

	"portico/internal/table"
)

// The sample dataset Book Reviews: our own invention, made by a fixed recipe,
// so that every installation has the same bytes.
const (
	BookReviewsName = "Book Reviews"
	bookReviewRows  = 10_000
	leastWords      = 3
	mostWords       = 120
)

// BookReviews gives the sample that the guide's experiment begins with: 10,000
// reviews without a header, Col1 the rating from 1 to 5 and Col2 the text, which agrees with it.
func BookReviews() (Meta, io.Reader) {
	w := &writer{state: 1729}
	seen := map[string]bool{}
	var b bytes.Buffer
	for range bookReviewRows {
		rating := w.rating()
		text := w.review(rating)
		for tries := 0; seen[text] && tries < 100; tries++ { // short ones come up again
			text = w.review(rating)
		}
		seen[text] = true
		b.WriteByte(byte('0' + rating))
		b.WriteByte('\t')
		b.WriteString(text)
		b.WriteByte('\n')
	}
	return Meta{
		Name: BookReviewsName, DataTypeID: string(table.TSVNoHeader), SourceOrigin: "FromSample",
		Description:          "10,000 invented book reviews: Col1 is the rating from 1 to 5, Col2 the text. For the guide's feature hashing experiment.",
		UploadedFromFilename: "book-reviews.nh.tsv",
	}, &b
}

// writer composes reviews. It draws its own numbers (splitmix64), which no library update changes.
type writer struct {
	state uint64
	topic map[string]string // what stays the same throughout a review: its genre, hero and another character
}

func (w *writer) below(n int) int {
	w.state += 0x9e3779b97f4a7c15
	z := w.state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return int((z ^ z>>31) % uint64(n))
}

func (w *writer) rating() int {
	switch n := w.below(100); {
	case n < 52:
		return 5
	case n < 74:
		return 4
	case n < 84:
		return 3
	case n < 91:
		return 2
	default:
		return 1
	}
}

// length is the number of words to aim at: mostly a few sentences, sometimes a remark or a page.
func (w *writer) length() int {
	switch n := w.below(100); {
	case n < 12:
		return leastWords + w.below(8)
	case n < 60:
		return 12 + w.below(35)
	case n < 90:
		return 40 + w.below(45)
	default:
		return 80 + w.below(mostWords-80)
	}
}

// moods says which kinds of sentence a review of each rating is made of.
var moods = [...][][]string{
	1: {harsh, harsh, harsh, critical},
	2: {critical, critical, harsh, critical, pleased},
	3: {pleased, critical, lukewarm, lukewarm},
	4: {pleased, pleased, glowing, pleased, critical},
	5: {glowing, glowing, glowing, pleased},
}

var verdicts = [...][]string{
	1: {"Do not waste your {resource} on this one.", "Avoid it.", "I want my {resource} back.", "One star is generous.", "I gave my copy away unfinished.", "Skip it and read anything else."},
	2: {"I would not recommend it.", "Borrow it if you must, but do not buy it.", "I doubt that I will try another by this author.", "Two stars, and that is kind.", "Not for me."},
	3: {"Worth a look if you find it cheap.", "An average read.", "Three stars feels about right.", "I may try the next one, or I may not.", "Neither a waste of {resource} nor a must."},
	4: {"I would recommend it to most readers.", "Well worth your {resource}.", "I look forward to the next one.", "Four stars from me.", "A solid addition to the shelf."},
	5: {"Buy it.", "Highly recommended.", "I will read it again, and soon.", "Five stars, without a doubt.", "I have already ordered the next one.", "Do yourself a favor and read it."},
}

var remarks = [...][]string{
	1: {"An {awful} {book}.", "{Awful} from {start} to {finish}.", "What a waste of {resource}.", "Could not finish this {book}.", "Simply {awful} and far too long.", "The {part} was {awful}.", "{Awful} {part}, {awful} {part}."},
	2: {"Rather {poor}, I thought.", "Too {poor} for my taste.", "The {part} let it down.", "{Poor} {part}, little else.", "Expected much more from this {book}.", "A {poor} {book} overall."},
	3: {"An {okay} {book}.", "{Okay}, nothing more.", "{Good} {part}, {poor} {part}.", "It was {okay}, I suppose.", "Some {good} parts, some {poor} ones."},
	4: {"A {good} {book}.", "Really {good} {part}.", "{Good} and well written.", "Enjoyed the {part} a lot.", "A {good} read with {good} {part}."},
	5: {"What a {superb} {book}!", "A {superb} {genre}.", "Loved every page of it.", "{Superb} from {start} to {finish}.", "A {superb} and {superb} {book}.", "The {part} is {superb}.", "{Superb} {part}, {superb} {part}!"},
}

// review composes a text of leastWords to mostWords words.
func (w *writer) review(rating int) string {
	w.topic = map[string]string{}
	for _, place := range []string{"genre", "hero"} {
		w.topic[place] = words[place][w.below(len(words[place]))]
	}
	w.topic["other"] = w.other("hero", map[string]bool{w.topic["hero"]: true})
	want := w.length()
	if want < 11 {
		return w.sentence(remarks[rating])
	}
	var text []string
	words := 0
	used := map[string]bool{}
	add := func(kind []string) bool {
		template := kind[w.below(len(kind))]
		for tries := 0; used[template] && tries < 20; tries++ {
			template = kind[w.below(len(kind))]
		}
		s := w.sentence([]string{template})
		n := len(strings.Fields(s))
		if used[template] || words+n > mostWords {
			return false
		}
		used[template] = true
		text = append(text, s)
		words += n
		return true
	}
	if w.below(2) == 0 {
		add(circumstances)
	}
	mood := moods[rating]
	for i := w.below(2) * w.below(len(mood)); words < want; i++ {
		kind := mood[i%len(mood)]
		if w.below(7) == 0 {
			kind = contents
		}
		if !add(kind) {
			break
		}
	}
	if w.below(3) > 0 {
		add(verdicts[rating])
	}
	return strings.Join(text, " ")
}

// sentence picks a template and fills its places: {word} is the review's topic
// of that name or one of words["word"], {Word} the same with a capital.
func (w *writer) sentence(templates []string) string {
	s := templates[w.below(len(templates))]
	used := map[string]bool{} // no sentence says a word twice
	for {
		before, rest, ok := strings.Cut(s, "{")
		if !ok {
			return articles(s)
		}
		place, after, _ := strings.Cut(rest, "}")
		name := strings.ToLower(place)
		choice := w.topic[name]
		if choice == "" {
			choice = w.other(name, used)
		}
		used[choice] = true
		if place != name {
			choice = strings.ToUpper(choice[:1]) + choice[1:]
		}
		s = before + choice + after
	}
}

// other draws one of a place's words that is not used.
func (w *writer) other(place string, used map[string]bool) string {
	for {
		choice := words[place][w.below(len(words[place]))]
		if !used[choice] {
			return choice
		}
	}
}

// articles makes "a" and "an" agree with the word that follows.
func articles(s string) string {
	fields := strings.Split(s, " ")
	for i := range len(fields) - 1 {
		vowel := strings.ContainsAny(fields[i+1][:1], "aeiouAEIOU")
		switch fields[i] {
		case "a", "an":
			fields[i] = map[bool]string{true: "an", false: "a"}[vowel]
		case "A", "An":
			fields[i] = map[bool]string{true: "An", false: "A"}[vowel]
		}
	}
	return strings.Join(fields, " ")
}
