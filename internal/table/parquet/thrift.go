package parquet

import (
	"encoding/binary"
)

// compact reads the compact protocol of Apache Thrift, in which a Parquet file
// describes itself. It keeps nothing that its reader does not ask for, so that memory is bounded by what is asked.
type compact struct {
	data []byte
	at   int
	deep int
}

// The wire types of the compact protocol.
const (
	wireTrue   = 1
	wireFalse  = 2
	wireByte   = 3
	wireI16    = 4
	wireI32    = 5
	wireI64    = 6
	wireDouble = 7
	wireBinary = 8
	wireList   = 9
	wireSet    = 10
	wireMap    = 11
	wireStruct = 12
)

const maxDepth = 32 // of structures in one another

// brokenError is a description that is not of the compact protocol, or is cut off.
type brokenError struct{ what string }

func (e brokenError) Error() string { return e.what }

func broken(what string) error { return brokenError{what} }

func (c *compact) byte() (byte, error) {
	if c.at >= len(c.data) {
		return 0, broken("the description of the data is cut off")
	}
	c.at++
	return c.data[c.at-1], nil
}

func (c *compact) uvarint() (uint64, error) {
	v, n := binary.Uvarint(c.data[min(c.at, len(c.data)):])
	if n <= 0 {
		return 0, broken("a number in the description of the data is cut off")
	}
	c.at += n
	return v, nil
}

// int reads a signed number of any width.
func (c *compact) int(wire byte) (int64, error) {
	switch wire {
	case wireByte:
		b, err := c.byte()
		return int64(int8(b)), err
	case wireI16, wireI32, wireI64:
		u, err := c.uvarint()
		return int64(u>>1) ^ -int64(u&1), err
	}
	return 0, broken("the description of the data has a number of another type than the format's")
}

func (c *compact) bytes(wire byte) ([]byte, error) {
	if wire != wireBinary {
		return nil, broken("the description of the data has a text of another type than the format's")
	}
	n, err := c.uvarint()
	if err != nil {
		return nil, err
	}
	if n > uint64(len(c.data)-c.at) {
		return nil, broken("a text in the description of the data is cut off")
	}
	c.at += int(n)
	return c.data[c.at-int(n) : c.at], nil
}

// structure calls field with each field of a structure. field reads the value, or gives skip.
func (c *compact) structure(wire byte, field func(id int, wire byte) error) error {
	if wire != wireStruct {
		return broken("the description of the data lacks a structure where the format has one")
	}
	if c.deep++; c.deep > maxDepth {
		return broken("the description of the data is nested too deeply")
	}
	defer func() { c.deep-- }()
	id := int64(0)
	for {
		head, err := c.byte()
		if err != nil {
			return err
		}
		if head == 0 {
			return nil
		}
		if delta := head >> 4; delta != 0 {
			id += int64(delta)
		} else if id, err = c.int(wireI16); err != nil {
			return err
		}
		if err := field(int(int16(id)), head&15); err != nil {
			return err
		}
	}
}

// list calls element for each element of a list, of which there may be most.
func (c *compact) list(wire byte, most int, element func(wire byte) error) error {
	if wire != wireList && wire != wireSet {
		return broken("the description of the data lacks a list where the format has one")
	}
	head, err := c.byte()
	if err != nil {
		return err
	}
	n := uint64(head >> 4)
	if n == 15 {
		if n, err = c.uvarint(); err != nil {
			return err
		}
	}
	if n > uint64(len(c.data)-c.at) || n > uint64(most) { // an element has a byte at least
		return broken("a list in the description of the data is longer than it can be")
	}
	for range n {
		if err := element(head & 15); err != nil {
			return err
		}
	}
	return nil
}

// skip passes over a value that nobody wants.
func (c *compact) skip(wire byte) error {
	switch wire {
	case wireTrue, wireFalse:
		return nil
	case wireByte, wireI16, wireI32, wireI64:
		_, err := c.int(wire)
		return err
	case wireDouble:
		if len(c.data)-c.at < 8 {
			return broken("a number in the description of the data is cut off")
		}
		c.at += 8
		return nil
	case wireBinary:
		_, err := c.bytes(wire)
		return err
	case wireList, wireSet:
		return c.list(wire, len(c.data), c.skipElement)
	case wireMap:
		return c.skipMap()
	case wireStruct:
		return c.structure(wire, func(_ int, wire byte) error { return c.skip(wire) })
	}
	return broken("the description of the data has a value of an unknown type")
}

// skipElement is skip within a list or map, where a truth value has a byte of its own.
func (c *compact) skipElement(wire byte) error {
	if wire == wireTrue || wire == wireFalse {
		_, err := c.byte()
		return err
	}
	if c.deep++; c.deep > maxDepth {
		return broken("the description of the data is nested too deeply")
	}
	defer func() { c.deep-- }()
	return c.skip(wire)
}

func (c *compact) skipMap() error {
	n, err := c.uvarint()
	if err != nil || n == 0 {
		return err
	}
	kinds, err := c.byte()
	if err != nil {
		return err
	}
	if n > uint64(len(c.data)-c.at) {
		return broken("a map in the description of the data is longer than it can be")
	}
	for range n {
		if err := c.skipElement(kinds >> 4); err != nil {
			return err
		}
		if err := c.skipElement(kinds & 15); err != nil {
			return err
		}
	}
	return nil
}
