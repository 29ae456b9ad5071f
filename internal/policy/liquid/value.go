package liquid

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"

	"portico/internal/policy/csharp/format"
)

// Value is what templates work with: nil, bool, int64, float64, string,
// time.Time, List, *Object or a Source.
type Value any

// List is an array.
type List []Value

// Source is something whose properties are made when they are asked for.
type Source interface {
	// Get gives a property, and whether it is there.
	Get(name string) (Value, bool)
}

// Object is a JSON object or an XML element: properties in order.
type Object struct {
	Names  []string
	Values map[string]Value
}

// NewObject makes an Object without properties.
func NewObject() *Object { return &Object{Values: map[string]Value{}} }

// Set sets a property.
func (o *Object) Set(name string, v Value) {
	if _, there := o.Values[name]; !there {
		o.Names = append(o.Names, name)
	}
	o.Values[name] = v
}

// Get finds a property, first by its exact name, then without regard to case.
func (o *Object) Get(name string) (Value, bool) {
	if v, ok := o.Values[name]; ok {
		return v, true
	}
	for _, n := range o.Names {
		if strings.EqualFold(n, name) {
			return o.Values[n], true
		}
	}
	return nil, false
}

// property gives what stands behind a dot or in brackets.
func property(v, key Value) Value {
	name, named := key.(string)
	switch v := v.(type) {
	case List:
		i, isIndex := number(key)
		switch {
		case isIndex && !named && i < 0 && int(i) >= -len(v):
			return v[len(v)+int(i)]
		case isIndex && !named && i >= 0 && int(i) < len(v):
			return v[int(i)]
		case name == "size" || name == "Size":
			return int64(len(v))
		case strings.EqualFold(name, "first") && len(v) > 0:
			return v[0]
		case strings.EqualFold(name, "last") && len(v) > 0:
			return v[len(v)-1]
		}
	case Source:
		if !named {
			name = Text(key)
		}
		if found, ok := v.Get(name); ok {
			return found
		}
		if o, ok := v.(*Object); ok && strings.EqualFold(name, "size") {
			return int64(len(o.Names))
		}
	case string:
		if strings.EqualFold(name, "size") {
			return int64(len([]rune(v)))
		}
	}
	return nil
}

// truthy tells whether a condition holds: everything does but nil and false.
func truthy(v Value) bool { return v != nil && v != false }

// Text is a value as it is written into the output.
func Text(v Value) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		s, err := format.Float(v, 64, "")
		if err != nil {
			return strconv.FormatFloat(v, 'g', -1, 64)
		}
		return s
	case time.Time:
		return date(v, "MM/dd/yyyy HH:mm:ss")
	case List:
		var b strings.Builder
		for _, e := range v {
			b.WriteString(Text(e))
		}
		return b.String()
	case *Object:
		return string(appendJSON(nil, v))
	}
	return ""
}

func date(t time.Time, pattern string) string {
	m := format.Moment{Ticks: format.TicksOf(t.UTC()), Kind: format.UTC}
	s, err := format.Date(m, pattern)
	if err != nil {
		return t.Format(time.RFC3339)
	}
	return s
}

// appendJSON writes a value as JSON.
func appendJSON(b []byte, v Value) []byte {
	switch v := v.(type) {
	case *Object:
		b = append(b, '{')
		for i, n := range v.Names {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(appendJSON(b, n), ':')
			b = appendJSON(b, v.Values[n])
		}
		return append(b, '}')
	case List:
		b = append(b, '[')
		for i, e := range v {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendJSON(b, e)
		}
		return append(b, ']')
	case time.Time:
		return appendJSON(b, v.Format(time.RFC3339Nano))
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return append(b, "null"...)
		}
	case Source:
		return append(b, "null"...)
	}
	text, err := json.Marshal(v)
	if err != nil {
		return append(b, "null"...)
	}
	return append(b, text...)
}

// number reads a value as a number.
func number(v Value) (float64, bool) {
	switch v := v.(type) {
	case int64:
		return float64(v), true
	case float64:
		return v, true
	case string:
		f, err := strconv.ParseFloat(strings.TrimSpace(v), 64)
		return f, err == nil && !math.IsNaN(f) && !math.IsInf(f, 0)
	}
	return 0, false
}

// integer reads a value as a whole number that fits an int.
func integer(v Value) (int, bool) {
	f, ok := number(v)
	if !ok || math.Abs(f) > math.MaxInt32 {
		return 0, false
	}
	return int(f), true
}

// equal compares as Liquid does: numbers by their value, the rest by kind and value.
func equal(a, b Value) bool {
	if isNumber(a) && isNumber(b) {
		x, _ := number(a)
		y, _ := number(b)
		return x == y
	}
	switch a := a.(type) {
	case List, *Object:
		return string(appendJSON(nil, a)) == string(appendJSON(nil, b))
	case Source:
		return false
	case time.Time:
		t, ok := b.(time.Time)
		return ok && a.Equal(t)
	}
	switch b.(type) {
	case List, *Object, Source:
		return false
	}
	return a == b
}

func isNumber(v Value) bool {
	switch v.(type) {
	case int64, float64:
		return true
	}
	return false
}

// compare orders two values; ok is false where they have no order.
func compare(a, b Value) (order int, ok bool) {
	if isNumber(a) || isNumber(b) {
		x, okX := number(a)
		y, okY := number(b)
		switch {
		case !okX || !okY:
			return 0, false
		case x < y:
			return -1, true
		case x > y:
			return 1, true
		}
		return 0, true
	}
	switch a := a.(type) {
	case string:
		if s, isText := b.(string); isText {
			return strings.Compare(a, s), true
		}
	case time.Time:
		if t, isTime := b.(time.Time); isTime {
			return a.Compare(t), true
		}
	}
	return 0, false
}

// isEmpty tells what `empty` and `blank` compare with.
func isEmpty(v Value) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return strings.TrimSpace(v) == ""
	case List:
		return len(v) == 0
	case *Object:
		return len(v.Names) == 0
	}
	return false
}
