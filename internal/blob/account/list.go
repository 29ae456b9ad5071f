package account

import (
	"context"
	"strings"
)

// Query says what of a list is wanted.
type Query struct {
	Prefix    string // of the names
	Delimiter string // names are cut behind its first occurrence after the prefix; "" cuts nothing
	From      string // Page.Next of the page before, or ""
	Limit     int    // entries on the page, 1 to MaxPage
}

// Entry is one line of a page: a blob, or what the names of several begin with.
type Entry struct {
	Blob   Blob
	Prefix string // with the delimiter; "" for a blob
}

// Page is a part of a list, in the order of the names' bytes.
type Page struct {
	Entries []Entry
	Next    string // where the next page begins; "" after the last
}

// List gives one page of a container's blobs.
func (a *Account) List(ctx context.Context, container string, q Query) (Page, error) {
	var page Page
	from := q.From
	for {
		want := q.Limit + 1 - len(page.Entries)
		blobs, err := a.index.Blobs(ctx, container, q.Prefix, from, want)
		if err != nil {
			return Page{}, err
		}
		for _, b := range blobs {
			if b.Name < from { // below the prefix that the entry before stands for
				continue
			}
			if len(page.Entries) == q.Limit {
				page.Next = b.Name
				return page, nil
			}
			e := Entry{Blob: b}
			from = b.Name + "\x00"
			if prefix, ok := cutAfter(b.Name, q.Prefix, q.Delimiter); ok {
				e = Entry{Prefix: prefix}
				from = After(prefix)
			}
			page.Entries = append(page.Entries, e)
		}
		if len(blobs) < want {
			return page, nil
		}
	}
}

// cutAfter gives a name up to the end of the delimiter's first occurrence behind the prefix.
func cutAfter(name, prefix, delimiter string) (string, bool) {
	if delimiter == "" {
		return "", false
	}
	i := strings.Index(name[len(prefix):], delimiter)
	if i < 0 {
		return "", false
	}
	return name[:len(prefix)+i+len(delimiter)], true
}

// After is the least string above all that begin with prefix, in the order of
// bytes. For a prefix that nothing follows, such as "", it is above all UTF-8.
func After(prefix string) string {
	b := []byte(prefix)
	for len(b) > 0 {
		if b[len(b)-1]++; b[len(b)-1] != 0 {
			return string(b)
		}
		b = b[:len(b)-1]
	}
	return "\xff"
}

// ContainerPage is a part of the list of containers.
type ContainerPage struct {
	Containers []Container
	Next       string // where the next page begins; "" after the last
}

// Containers gives one page of the account's containers. The query's delimiter does not count.
func (a *Account) Containers(ctx context.Context, q Query) (ContainerPage, error) {
	found, err := a.index.Containers(ctx, q.Prefix, q.From, q.Limit+1)
	if err != nil {
		return ContainerPage{}, err
	}
	page := ContainerPage{Containers: found}
	if len(found) > q.Limit {
		page.Containers, page.Next = found[:q.Limit], found[q.Limit].Name
	}
	return page, nil
}
