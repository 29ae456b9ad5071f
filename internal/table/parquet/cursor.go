package parquet

import (
	"io"

	"portico/internal/fault"
)

// Cursor goes through the cells of one column.
type Cursor struct {
	file       *File
	column     *Column
	index      int
	budget     *int64 // bytes that the pages of all the file's cursors may still have
	page       int64  // bytes of them that this one's page has
	words      int64  // and its dictionary
	group      int    // the row group that is read, from 0
	chunk      *chunk
	at         int64 // where the chunk's next page is
	left       int64 // values of the chunk that are to come in later pages
	dictionary []Value
	levels     *hybrid
	values     decoder
	inPage     int64 // cells left in the page
}

// Cursors gives a cursor for each column, at the first row.
func (f *File) Cursors() []*Cursor {
	budget := int64(maxOpenBytes)
	cursors := make([]*Cursor, len(f.Columns))
	for i := range cursors {
		cursors[i] = &Cursor{file: f, column: &f.Columns[i], index: i, budget: &budget, group: -1}
	}
	return cursors
}

// Next reads the next cell into v. missing tells that there is none; v is as it was then. It returns
// io.EOF after the last, and the errors of Open for a file that is no good.
func (c *Cursor) Next(v *Value) (missing bool, err error) {
	for c.inPage == 0 {
		if err := c.turn(); err != nil {
			return false, err
		}
	}
	c.inPage--
	if c.levels != nil {
		level, err := c.levels.next()
		if err != nil || level == 0 {
			return err == nil, err
		}
	}
	return false, c.values.next(v)
}

// turn goes to the next data page, in the next row group where there is none.
func (c *Cursor) turn() error {
	for c.left == 0 {
		if c.group++; c.group >= len(c.file.groups) {
			return io.EOF
		}
		c.chunk = &c.file.groups[c.group].chunks[c.index]
		c.at, c.left, c.dictionary = c.chunk.from, c.chunk.values, nil
		*c.budget += c.words
		c.words = 0
	}
	end := c.chunk.from + c.chunk.bytes
	if c.at >= end {
		return damaged("column %q: its pages have fewer values than it says", c.column.Name)
	}
	p, err := c.file.readPage(c.chunk, c.at)
	if err != nil {
		return err
	}
	c.at = p.from + p.packed
	switch p.kind {
	case dictionaryPage:
		return c.readDictionary(p)
	case dataPage, dataPageV2:
		return c.open(p)
	}
	return nil // an index, or what later versions of the format add
}

func (c *Cursor) readDictionary(p *page) error {
	const valueBytes = 64                // of a Value in memory
	least := int64(c.column.width()) * 8 // bits of a value
	switch c.column.Physical {
	case Boolean:
		least = 1
	case ByteArray:
		least = 32 // its length
	}
	if c.dictionary != nil || p.values > maxDictionary || p.values*least > p.unpacked*8 {
		return damaged("column %q: it has two dictionaries, or one of %d values in %d bytes", c.column.Name, p.values, p.unpacked)
	}
	if err := c.hold(&c.words, p.unpacked*2+p.values*valueBytes); err != nil {
		return err
	}
	content, err := c.file.content(c.chunk, p)
	if err != nil {
		return err
	}
	values := newPlain(c.column, content)
	c.dictionary = make([]Value, p.values)
	for i := range c.dictionary {
		v := &c.dictionary[i]
		if err := values.next(v); err != nil {
			return err
		}
		v.Text = string(v.Bytes)
	}
	return nil
}

const maxDictionary = 1 << 23 // values

// hold counts bytes that are kept in place of others.
func (c *Cursor) hold(held *int64, bytes int64) error {
	*c.budget += *held - bytes
	if *held = bytes; *c.budget < 0 {
		return fault.New(fault.TooLarge, "the pages of the Parquet file's columns have more than %d bytes together; write smaller row groups or fewer columns", maxOpenBytes)
	}
	return nil
}

// open begins to read a data page.
func (c *Cursor) open(p *page) error {
	if p.values > c.left {
		return damaged("column %q: its pages have more values than it says", c.column.Name)
	}
	if err := c.hold(&c.page, p.unpacked); err != nil {
		return err
	}
	content, err := c.file.content(c.chunk, p)
	if err != nil {
		return err
	}
	levels, values, err := p.split(c.column, content)
	if err != nil {
		return err
	}
	if c.levels = levels; len(values) == 0 { // every cell is missing
		c.values = &references{}
	} else if c.values, err = newDecoder(c.column, p.encoding, values, p.values, c.dictionary); err != nil {
		return err
	}
	c.inPage, c.left = p.values, c.left-p.values
	return nil
}
