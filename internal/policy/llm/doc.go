// Package llm holds the policies that count the tokens of language models.
package llm
