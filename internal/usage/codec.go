package usage

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"time"
)

// A segment is a sequence of records: length of the payload (uvarint), CRC-32C
// of the payload (4 bytes, little endian), payload. A payload is the fields of
// a Call in their order: times and numbers as varints, strings with their
// length before them. A record that was torn by a crash has no valid sum.

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// maxRecord bounds a record's payload in bytes, so that damage is not taken for a length.
const maxRecord = 64 << 10

// maxText bounds a string of a call in bytes; longer ones are cut. All of a
// call's strings fit in a record.
const maxText = 4 << 10

var errTorn = errors.New("usage: the record is torn or damaged")

// appendCall appends the record of one call. scratch is reused.
func appendCall(b, scratch []byte, c *Call) (record, rest []byte) {
	p := scratch[:0]
	p = binary.AppendVarint(p, c.Time.UnixNano())
	for _, s := range c.texts() {
		t := (*s)[:min(len(*s), maxText)]
		p = binary.AppendUvarint(p, uint64(len(t)))
		p = append(p, t...)
	}
	for _, n := range c.numbers() {
		p = binary.AppendVarint(p, n)
	}
	b = binary.AppendUvarint(b, uint64(len(p)))
	b = binary.LittleEndian.AppendUint32(b, crc32.Checksum(p, castagnoli))
	return append(b, p...), p
}

// texts are the strings of a call in the order in which they are kept. New ones go to the end.
func (c *Call) texts() [11]*string {
	return [...]*string{&c.RequestID, &c.Listener, &c.API, &c.Operation, &c.Product, &c.Subscription, &c.User, &c.Method, &c.URL, &c.IP, &c.Cache}
}

func (c *Call) numbers() [6]int64 {
	return [...]int64{int64(c.Status), int64(c.BackendStatus), c.RequestBytes, c.ResponseBytes, int64(c.Elapsed), int64(c.BackendElapsed)}
}

// readCall reads the record at the beginning of b and tells its length. errTorn
// is also what the end of a segment that is being written looks like.
func readCall(b []byte, c *Call) (size int, err error) {
	length, n := binary.Uvarint(b)
	if n <= 0 || length > maxRecord || uint64(len(b)-n) < length+4 {
		return 0, errTorn
	}
	p := b[n+4 : n+4+int(length)]
	if crc32.Checksum(p, castagnoli) != binary.LittleEndian.Uint32(b[n:]) {
		return 0, errTorn
	}
	return n + 4 + int(length), c.decode(p)
}

// peek looks at the record at the beginning of b without making a Call of it:
// its length, when the call arrived, and whether it matches a filter.
func peek(b []byte, filter *[7]string) (size int, nano int64, matches bool, err error) {
	length, n := binary.Uvarint(b)
	if n <= 0 || length > maxRecord || uint64(len(b)-n) < length+4 {
		return 0, 0, false, errTorn
	}
	p := b[n+4 : n+4+int(length)]
	if crc32.Checksum(p, castagnoli) != binary.LittleEndian.Uint32(b[n:]) {
		return 0, 0, false, errTorn
	}
	size = n + 4 + int(length)
	if nano, n = binary.Varint(p); n <= 0 {
		return 0, 0, false, errTorn
	}
	p = p[n:]
	for i := range filter {
		length, n := binary.Uvarint(p)
		if n <= 0 || uint64(len(p)-n) < length {
			return 0, 0, false, errTorn
		}
		if want := filter[i]; want != "" && want != string(p[n:n+int(length)]) {
			return size, nano, false, nil
		}
		p = p[n+int(length):]
	}
	return size, nano, true, nil
}

// texts gives the filter of a call's first strings, in the order in which they are kept.
func (d Dimensions) texts() *[7]string {
	return &[...]string{"", d.Listener, d.API, d.Operation, d.Product, d.Subscription, d.User}
}

func (c *Call) decode(p []byte) error {
	*c = Call{}
	ns, n := binary.Varint(p)
	if n <= 0 {
		return errTorn
	}
	c.Time, p = time.Unix(0, ns).UTC(), p[n:]
	for _, s := range c.texts() {
		length, n := binary.Uvarint(p)
		if n <= 0 || uint64(len(p)-n) < length {
			return errTorn
		}
		*s, p = string(p[n:n+int(length)]), p[n+int(length):]
	}
	var numbers [6]int64
	for i := range numbers {
		v, n := binary.Varint(p)
		if n <= 0 {
			return errTorn
		}
		numbers[i], p = v, p[n:]
	}
	c.Status, c.BackendStatus, c.RequestBytes, c.ResponseBytes = int(numbers[0]), int(numbers[1]), numbers[2], numbers[3]
	c.Elapsed, c.BackendElapsed = time.Duration(numbers[4]), time.Duration(numbers[5])
	return nil
}
