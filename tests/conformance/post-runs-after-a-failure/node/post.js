console.log(`post ${process.env.INPUT_SOME_INPUT}`);
