package order_test

import (
	"strings"
	"testing"

	"github.com/retort-ci/retort/examples/shop/internal/order"
)

func TestValidate(t *testing.T) {
	tests := []struct {
		name  string
		order order.Order
		want  string // part of the error; empty: valid
	}{
		{"ordinary", order.Order{Item: "tea", Quantity: 2, Price: 350}, ""},
		{"free", order.Order{Item: "sample", Quantity: 1}, ""},
		{"no item", order.Order{Quantity: 1, Price: 1}, "item is missing"},
		{"no quantity", order.Order{Item: "tea", Price: 1}, "quantity 0"},
		{"too many", order.Order{Item: "tea", Quantity: 1_000_001, Price: 1}, "quantity 1000001"},
		{"negative price", order.Order{Item: "tea", Quantity: 1, Price: -1}, "price -1"},
		{"too dear", order.Order{Item: "tea", Quantity: 1, Price: 100_000_001}, "price 100000001"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			switch err := tt.order.Validate(); {
			case tt.want == "" && err != nil:
				t.Errorf("Validate() = %v, want no error", err)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("Validate() = %v, want an error about %q", err, tt.want)
			}
		})
	}
}

func TestEncodeDecode(t *testing.T) {
	want := order.Order{ID: "a1", Item: "tea", Quantity: 3, Price: 250}
	value, err := want.Encode()
	if err != nil {
		t.Fatal(err)
	}
	got, err := order.Decode(value)
	if err != nil {
		t.Fatal(err)
	}
	if got != want || got.Total() != 750 {
		t.Errorf("Decode(Encode(%+v)) = %+v with total %d", want, got, got.Total())
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"id":"a1","item":"tea","quantity":3,"price":250}`))
	f.Add([]byte(`{"item":"tea","quantity":3,"price":250}`))
	f.Add([]byte(`{"id":"a1","item":"tea","quantity":9999999999999999999}`))
	f.Add([]byte("not json"))
	f.Fuzz(func(t *testing.T, value []byte) {
		o, err := order.Decode(value)
		if err == nil && (o.ID == "" || o.Validate() != nil || o.Total() < 0) {
			t.Errorf("Decode(%q) let through %+v", value, o)
		}
	})
}
