package store

// InTx lets tests in package store_test run a transaction.
var InTx = (*Store).inTx
