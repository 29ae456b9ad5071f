package policy

import "math/rand/v2"

// NewRequestID draws the id of a call or request: a random UUID (RFC 9562, version 4).
func NewRequestID() string {
	var b [36]byte
	return string(AppendRequestID(b[:0]))
}

// AppendRequestID appends the 36 bytes of such an id.
func AppendRequestID(to []byte) []byte {
	const hex = "0123456789abcdef"
	var b [36]byte
	hi, lo := rand.Uint64(), rand.Uint64()
	hi = hi&^(0xf<<12) | 4<<12
	lo = lo&^(0x3<<62) | 2<<62
	at := 0
	for i := range 32 {
		if i == 8 || i == 12 || i == 16 || i == 20 {
			b[at] = '-'
			at++
		}
		word := hi
		if i >= 16 {
			word = lo
		}
		b[at] = hex[word>>(60-4*(i%16))&15]
		at++
	}
	return append(to, b[:]...)
}
