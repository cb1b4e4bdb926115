package project

import (
	"bytes"
	"fmt"
	"reflect"
)

// syntaxError takes line, column and message out of an error of go-yaml. The
// types that hold them are internal to go-yaml, so reflection is the only way
// besides picking the message apart. Where a field is missing the message
// stands as it is.
//
// In v4.0.0-rc.4 the scanner counts lines from 1, as documented; the parser
// passes on marks that count from 0, which is mended here. The test of this
// function tells when that changes.
func syntaxError(content []byte, err error) (position, string) {
	v := reflect.ValueOf(err)
	composed := v.Kind() == reflect.Pointer
	v = reflect.Indirect(v)
	if v.Kind() != reflect.Struct {
		return position{}, err.Error()
	}
	if at, ok := number(v, "Offset"); ok {
		return positionOf(content, at), fmt.Sprintf("invalid YAML: %v", v.FieldByName("Err"))
	}
	line, okLine := number(v.FieldByName("Mark"), "Line")
	col, okCol := number(v.FieldByName("Mark"), "Column")
	message := v.FieldByName("Message")
	if !okLine || !okCol || message.Kind() != reflect.String {
		return position{}, err.Error()
	}
	switch {
	case composed: // the composer counts both from 1
	case v.Type().Name() == "ParserError":
		line, col = line+1, col+1
	default:
		col++
	}
	text := "invalid YAML: " + message.String()
	if context := v.FieldByName("ContextMessage"); context.Kind() == reflect.String && context.Len() > 0 {
		text += " " + context.String()
	}
	return position{line: line, col: col}, text
}

// number is the integer field of a struct, and whether it has one.
func number(v reflect.Value, field string) (int, bool) {
	if v.Kind() != reflect.Struct {
		return 0, false
	}
	if f := v.FieldByName(field); f.CanInt() {
		return int(f.Int()), true
	}
	return 0, false
}

// positionOf is the line and column of a byte.
func positionOf(content []byte, offset int) position {
	before := content[:min(max(offset, 0), len(content))]
	return position{
		line: 1 + bytes.Count(before, []byte{'\n'}),
		col:  len(before) - bytes.LastIndexByte(before, '\n'),
	}
}
