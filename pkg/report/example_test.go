package report_test

import (
	"fmt"
	"os"
	"strings"

	"github.com/retort-ci/retort/pkg/report"
)

// A suite failed and was run again.
func ExampleMerge() {
	first, err := report.Read(strings.NewReader(`
		<testsuite name="shop">
			<testcase name="orders" time="0.5"><failure message="timed out"/></testcase>
			<testcase name="bills" time="1.5"/>
		</testsuite>`), 0)
	if err != nil {
		fmt.Println(err)
	}
	again, err := report.Read(strings.NewReader(`
		<testsuite name="shop">
			<testcase name="orders" time="0.25"/>
			<testcase name="bills" time="1.5"/>
		</testsuite>`), 0)
	if err != nil {
		fmt.Println(err)
	}
	if err := report.Write(os.Stdout, report.Merge(first, again)); err != nil {
		fmt.Println(err)
	}
	// Output:
	// <?xml version="1.0" encoding="UTF-8"?>
	// <testsuites tests="2" failures="0" errors="0" time="3.750">
	//   <testsuite name="shop" tests="2" failures="0" errors="0" skipped="0" time="3.750">
	//     <testcase name="orders" time="0.250">
	//       <flakyFailure message="timed out" type=""/>
	//     </testcase>
	//     <testcase name="bills" time="1.500"/>
	//   </testsuite>
	// </testsuites>
}

func ExampleReport_Summary() {
	r, err := report.FromGoTest(strings.NewReader(`
{"Action":"run","Package":"example.com/shop","Test":"TestOrder"}
{"Action":"output","Package":"example.com/shop","Test":"TestOrder","Output":"    order_test.go:12: got 1, want 2\n"}
{"Action":"fail","Package":"example.com/shop","Test":"TestOrder","Elapsed":0.2}
{"Action":"run","Package":"example.com/shop","Test":"TestBill"}
{"Action":"pass","Package":"example.com/shop","Test":"TestBill","Elapsed":1.1}
{"Action":"fail","Package":"example.com/shop","Elapsed":1.3}
`))
	if err != nil {
		fmt.Println(err)
	}
	s := r.Summary(1)
	fmt.Printf("%d cases, %d failed\n", s.Tests, s.Bad())
	for _, row := range s.Failed {
		fmt.Printf("%s %s: %s\n", row.Suite, row.Title(), row.Headline())
	}
	for _, row := range s.Slowest {
		fmt.Printf("slowest: %s, %v\n", row.Title(), row.Time)
	}
	// Output:
	// 2 cases, 1 failed
	// example.com/shop TestOrder: got 1, want 2
	// slowest: TestBill, 1.1s
}
