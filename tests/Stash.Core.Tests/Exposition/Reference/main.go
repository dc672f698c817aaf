// Reads texts in the exposition format with the reference's own parser and writes what it made of them, so that ours can be compared.
// In: for each text its length (4 bytes, little-endian) and its bytes. Out, in the same framing: "error: ..." or the text written again.
package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
	"os"
	"sort"

	"github.com/prometheus/common/expfmt"
)

func answer(text []byte) []byte {
	var parser expfmt.TextParser
	families, err := parser.TextToMetricFamilies(bytes.NewReader(text))
	if err != nil {
		return []byte("error: " + err.Error())
	}
	names := make([]string, 0, len(families))
	for name := range families {
		names = append(names, name)
	}
	sort.Strings(names)
	var out bytes.Buffer
	for _, name := range names {
		if _, err := expfmt.MetricFamilyToText(&out, families[name]); err != nil {
			return []byte("error: " + err.Error())
		}
	}
	return out.Bytes()
}

func main() {
	in, out := bufio.NewReader(os.Stdin), bufio.NewWriter(os.Stdout)
	for {
		var length uint32
		if err := binary.Read(in, binary.LittleEndian, &length); err == io.EOF {
			out.Flush()
			return
		} else if err != nil {
			panic(err)
		}
		text := make([]byte, length)
		if _, err := io.ReadFull(in, text); err != nil {
			panic(err)
		}
		result := answer(text)
		binary.Write(out, binary.LittleEndian, uint32(len(result)))
		out.Write(result)
	}
}
